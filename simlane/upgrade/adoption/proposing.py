"""A first mapping file, from what is found: a person has to look through it."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import CommandError
from django.db import connection
from django.utils.text import slugify

from simlane.upgrade.adoption import expressions, simulators
from simlane.upgrade.plan.rows import meant
from simlane.upgrade.schema import Column, Table, actual
from simlane.upgrade.schema.expected import created, expected
from simlane.upgrade.state import pending

#: What other installs call a column.
OTHER_NAMES = {
    "starts_at": ("event_date", "start_time", "starts", "start_at", "date"),
    "is_verified": ("verified", "is_active"),
    "created_at": ("created", "date_created", "created_on"),
    "profile_name": ("name", "display_name"),
    "user_id": ("owner_id", "account_id"),
    "simulator_id": ("sim_id", "platform_id"),
    "name": ("title",),
    "first_name": ("name",),
}
PLATFORM_IDS = ("external_data_id", "external_id", "platform_id", "sim_api_id", "profile_identifier")


def propose(file: Path) -> None:
    """Writes the file; raises CommandError when there is one already, or no table to look at."""
    there = actual.tables(connection)
    wanted = expected(connection)
    has = {name: actual.table(connection, name) for name in wanted}
    text = [
        "# What upgrade_profiles adopt takes this install's tables and columns for: see docs/upgrade.md.",
        "# Proposed from what was found; look through every line.",
    ]
    missing = [name for name in wanted if name not in there]
    if missing:
        text += ["", "[tables]", *(f'# {name} = "..."' for name in missing)]
    for name, table in wanted.items():
        if has[name].columns and (lines := _columns(table, has[name])):
            text += ["", f"[columns.{name}]", *lines]
    text += _simulators(has["sim_simulator"])
    profiles = has["sim_simprofile"].columns
    if profiles and "profile_data" not in profiles:
        found = next((each for each in PLATFORM_IDS if each in profiles), None)
        text += ["", "[platform_id]", f'column = "{found}"' if found else '# column = "..."']
    aside = [name for name in created(pending()) if name in there]
    if aside:
        text += ["", "[aside]", f"tables = [{', '.join(map(_quoted, aside))}]"]
    try:
        with file.open("x") as out:
            out.write("\n".join(text) + "\n")
    except FileExistsError as error:
        raise CommandError(f"{file} is there already: move it away, or name another with --mapping.") from error
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}.") from error


def _columns(wanted: Table, has: Table) -> list[str]:
    lines = []
    for column in wanted.columns.values():
        usual = (wanted.name, column.name) in expressions.USUAL
        special = column.name in {"id", "slug", "profile_data"}
        if column.name in has.columns or special:
            continue
        found = next((each for each in OTHER_NAMES.get(column.name, ()) if _holds(each, column, wanted, has)), None)
        if found:
            lines.append(f'{column.name} = "{found}"')
        elif not usual and not column.null:
            lines.append(f'# {column.name} = "..."   # {column.type}: which column has it, or {{ value = ... }}')
    return lines


def _holds(name: str, column: Column, wanted: Table, has: Table) -> bool:
    there = has.columns.get(name)
    return there is not None and name not in wanted.columns and there.type.split("(")[0] == column.type.split("(")[0]


def _simulators(table: Table) -> list[str]:
    if not {"id", "name"} <= set(table.columns) or "slug" in table.columns:
        return []
    rows = simulators.listed(table)
    names = [name for _, name in rows]
    lines = ["", "[simulators]"]
    for key, name in rows:
        known = meant(name)
        slug = known.slug if known else slugify(name) or f"simulator-{key}"
        note = "" if known else "   # none that SimLane knows: no platform ids"
        lines.append(f"{_quoted(name if names.count(name) == 1 else key)} = {_quoted(slug)}{note}")
    return lines


def _quoted(text: str) -> str:
    """As TOML's basic string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
