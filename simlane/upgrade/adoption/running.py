"""Carries out an adoption, act by act, and takes it back; interrupted, either goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import connection, transaction
from django.db.utils import DatabaseError

from simlane.sim.legacy import triggers
from simlane.sim.legacy.batches import by_key, in_batches, passes
from simlane.sim.legacy.progress import listening
from simlane.upgrade import runner, schema
from simlane.upgrade.adoption import acts, constraints, mapping
from simlane.upgrade.adoption.acts import Act, Kind, literal
from simlane.upgrade.adoption.compiling import compile_acts
from simlane.upgrade.plan import server
from simlane.upgrade.plan.collecting import changed_tables
from simlane.upgrade.plan.facts import Facts
from simlane.upgrade.state import State, pending, position

Say = Callable[[str], None]
LINE_EVERY_SECONDS = 5.0
STOP = """What is left cannot be done while the old release serves, since columns or tables change their names:
stop it, then upgrade_profiles adopt --old-release-stopped. Then upgrade_profiles run, and deploy the new release."""
#: The old release is undone by its own way back; kept rows are no part of an adoption.
LATER = "First go back to the old model: upgrade_profiles rollback."


def adopt(file: Path, say: Say, *, dry_run: bool, old_release_stopped: bool) -> bool:
    """Brings the install to the old release's schema; returns whether it is there, or waits for the old release's end.

    Raises CommandError with a line for each mistake in the mapping file, before anything is changed.
    """
    _possible()
    given = _read(file)
    if acts.begun():
        if given.checksum != acts.checksum():
            raise CommandError(
                "An adoption has begun with another mapping file: go on with that one, or first adopt --undo."
            )
    else:
        planned = _planned(given)
        if dry_run:
            for act in (each for each in planned if each.kind is not Kind.CHECK):
                say(f"{'after the old release has stopped: ' if act.stops_old_release else ''}{act.name}")
            return False
        if not planned:
            say("Nothing is to be done: this is the old release's schema.")
            return True
        _rights(given)
        with transaction.atomic():
            acts.write(planned, given.checksum)
    if dry_run:
        for _, done, act in (each for each in acts.read() if each[2].kind is not Kind.CHECK):
            say(f"{'done' if done else 'to do'}: {act.name}")
        return False
    return _forward(say, old_release_stopped=old_release_stopped)


def undo(say: Say) -> None:
    """Takes every act back, the last one first. Raises CommandError once the upgrade has begun."""
    _possible()
    if not acts.begun():
        raise CommandError("There is no adoption to undo.")
    journal = acts.read()
    if found := _in_the_way(journal):
        raise CommandError("\n".join(["This is in the way of going back, and nothing was changed:", *found]))
    for number, done, act in reversed(journal):
        # An index that was not done may be half built, and to drop it does no harm. Any other act was done or not: what
        # a new column was to say must not be carried into an old one before it says it.
        if done or act.kind is Kind.ALONE:
            statements = () if act.kind is Kind.CHECK else act.back
            if statements:
                say(f"undo: {act.name}")
            _do(number, act, statements, say, done=False)
    acts.forget()
    say("The install is as it was before its adoption.")


def _in_the_way(journal: list[tuple[int, bool, Act]]) -> list[str]:
    """A line for each act whose way back the rows that came since do not let pass."""
    return [
        f"{act.name}: {rows}. Change them, then the same command again."
        for _, done, act in journal
        if done and act.kind is Kind.CHECK
        for condition in act.back
        if (rows := constraints.rows(f'"{act.table}" t WHERE {condition}'))
    ]


def _forward(say: Say, *, old_release_stopped: bool) -> bool:
    for number, done, act in acts.read():
        if done:
            continue
        if act.stops_old_release and not old_release_stopped:
            say(STOP)
            return False
        if act.forward:
            say(act.name)
        _do(number, act, act.forward, say, done=True)
    found = schema.differences(connection, pending())
    if found:
        raise CommandError("\n".join(["The schema still differs:", *found, "adopt --undo leads back."]))
    return True


def _do(number: int, act: Act, statements: tuple[str, ...], say: Say, *, done: bool) -> None:
    """An act, or its way back, and its place in the journal, in one transaction where that can be."""
    try:
        if act.kind is Kind.TOGETHER:
            runner.gently(act.name, lambda: _together(number, statements, done=done), say)
            return
        if act.kind is Kind.BATCHES:
            for statement in statements:
                _batches(act, statement, say)
        else:
            for statement in statements:
                runner.gently(act.name, lambda statement=statement: _execute(statement), say)  # type: ignore[misc]
        acts.mark(number, done=done)
    except DatabaseError as error:
        if passes(error):
            raise
        why = str(error).strip().splitlines()[0]
        raise CommandError(f"{act.name}: {why}. What was done stays: the same command goes on from here.") from error


def _together(number: int, statements: tuple[str, ...], *, done: bool) -> None:
    with transaction.atomic():
        # With it trigger functions work with their owner's rights: the role that writes need not see simulators.
        triggers.run(connection, statements)
        acts.mark(number, done=done)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _batches(act: Act, statement: str, say: Say) -> None:
    rows, last = 0, time.monotonic()

    def count(_: str, written: int) -> None:
        nonlocal rows, last
        rows += written
        if time.monotonic() - last >= LINE_EVERY_SECONDS:
            last = time.monotonic()
            say(f"  {act.name}: {rows:,} rows")

    def write(low: Any, high: Any) -> int:
        ends = [f"t.id {sign} {literal(str(key))}" for sign, key in ((">", low), ("<=", high)) if key is not None]
        with connection.cursor() as cursor:
            cursor.execute(statement.replace("{range}", " AND ".join(ends) or "true"))
            return int(cursor.rowcount)

    with listening(count):
        in_batches(connection, act.name, by_key(connection, f'"{act.table}"'), write)
    if rows:
        say(f"  {act.name}: {rows:,} rows")


def _possible() -> None:
    if connection.vendor != "postgresql":
        raise CommandError("adopt is for PostgreSQL: load the SQLite file into one first (pgloader does that).")
    if position().state not in {State.LEGACY, State.EMPTY}:
        raise CommandError(LATER)


def _rights(given: mapping.Mapping) -> None:
    """Raises CommandError with what would stop the acts."""
    found = Facts("", "", [])
    server.look(found, [given.table(name) for name in changed_tables(pending())], backup=False)
    if found.hindrances:
        raise CommandError("\n".join(["This stops the adoption:", *found.hindrances]))


def _read(file: Path) -> mapping.Mapping:
    try:
        return mapping.read(file)
    except mapping.MappingError as error:
        raise CommandError("\n".join([f"{file}:", *error.lines])) from error


def _planned(given: mapping.Mapping) -> list[Act]:
    try:
        return compile_acts(given, pending())
    except mapping.MappingError as error:
        raise CommandError("\n".join(["The mapping file does not fit this install:", *error.lines])) from error
