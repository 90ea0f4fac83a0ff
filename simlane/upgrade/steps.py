"""The upgrade's order: expand, backfill, unique, everything the new release needs; later the contract; and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from simlane.sim.database import rights
from simlane.sim.legacy import contract as contraction
from simlane.sim.legacy import dual_write, events, names_backfill
from simlane.sim.legacy.progress import Listener
from simlane.sim.models import Event, NameWord, OldReleaseWrite, ProfileName, SimProfile
from simlane.upgrade import runner
from simlane.upgrade.integrity import problems
from simlane.upgrade.state import BACKFILL, EXPAND, LEGACY, UNIQUE, State, pending, position

Say = Callable[[str], None]
NAMES = {("sim", EXPAND): "expand", ("sim", BACKFILL): "backfill", ("sim", UNIQUE): "unique"}


def prepare(say: Say) -> None:
    """The upgrade's own table, which the steps are noted in; and what a way back could not write down at its very end.

    Before any table is made: it and all that follow get the grants of those that are there. Raises CommandError for an
    unreachable target.
    """
    rights.share(connection)
    where = position()
    if where.state is State.LEGACY and EXPAND in where.applied:
        # It is not atomic: the columns had gone when the connection was lost.
        MigrationRecorder(connection).record_unapplied("sim", EXPAND)
    if own := [name for app, name in pending() if app == "upgrade"]:
        migrations = runner.Migrations()
        for name in own:
            migrations.apply("upgrade", name, say)


def run(say: Say, listener: Listener) -> None:
    """Everything but the contract; again it goes on where it was. Raises CommandError when verification fails."""
    if connection.vendor == "postgresql" and position().state in {State.LEGACY, State.UPGRADING}:
        dual_write.hold(connection)
    if connection.vendor == "postgresql":
        migrations = runner.Migrations()
        for app, name in pending():
            step = NAMES.get((app, name), f"{app}.{name}")
            say(step)
            with runner.recorded(step, listener):
                migrations.apply(app, name, say)
        with runner.recorded("statistics"):
            runner.gently("statistics", _count_anew, say)
    else:
        with runner.recorded("migrate", listener):
            call_command("migrate", verbosity=0)
    # Content types, permissions, and what SQLite needs after a migration.
    call_command("migrate", verbosity=0)
    verify(say)


def _count_anew() -> None:
    """PostgreSQL would look at the filled tables in a minute or so; until then it guesses, and searches are slow."""
    tables = [model._meta.db_table for model in (SimProfile, ProfileName, NameWord, Event, get_user_model())]
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")


def verify(say: Say) -> None:
    """Raises CommandError with every broken rule."""
    with runner.recorded("verify"):
        found = problems()
        for problem in found:
            say(f"BROKEN {problem}")
        if found:
            raise CommandError(
                f"{len(found)} checks found broken rows (above). Nothing was changed for it; docs/upgrade.md says what "
                "each means. Both releases can go on serving, or upgrade_profiles rollback."
            )


def contract(say: Say, listener: Listener, quiet: timedelta) -> None:
    """Drops the owner's column. Raises CommandError while the old release writes or a rule is broken."""
    where = position()
    if where.state is State.NEW:
        say("The contract is done already.")
        return
    if where.state is not State.DUAL_WRITE:
        raise CommandError(f"{where.state.sentence} First: upgrade_profiles run.")
    _old_release_is_gone(quiet)
    with runner.recorded("catch up", listener):
        catch_up()
    verify(say)
    with runner.recorded("contract"):
        # Once more: it may have come back while the rows were looked at.
        _old_release_is_gone(quiet)
        runner.gently("contract", lambda: contraction.drop_owner(connection), say)
        OldReleaseWrite.objects.all().delete()


def _old_release_is_gone(quiet: timedelta) -> None:
    seen_at = position().old_release_seen_at
    if seen_at and (ago := timezone.now() - seen_at) < quiet:
        raise CommandError(
            f"The old release was seen writing {ago.total_seconds():.0f} s ago: its next write would fail. Stop it "
            f"everywhere and come back when it has been quiet for {quiet.total_seconds():.0f} s (--quiet-seconds)."
        )


def catch_up() -> None:
    """Once more what the triggers do for most rows that the old release writes: names, places in the lists."""
    with connection.schema_editor(atomic=False) as editor:
        names_backfill.fill(apps, editor)
    events.fill(connection)
    get_user_model().fill_search_keys()


def rollback(say: Say) -> None:
    """Back to the old model; what it cannot hold is kept aside until the next way forward."""
    where = position()
    if where.state in {State.LEGACY, State.EMPTY}:
        say("This is the old model already.")
        return
    with runner.recorded("rollback"):
        if connection.vendor == "postgresql":
            dual_write.release(connection)
        call_command("migrate", "sim", LEGACY, verbosity=0)
