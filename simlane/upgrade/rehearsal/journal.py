"""Finds acknowledged writes of the clients that are not in the database at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from simlane.upgrade.rehearsal.copy import Copy

COLUMNS = (
    "profile_name", "profile_data", "profile_identifier", "linked_user_id", "is_verified", "is_public",
)  # fmt: skip
OLD_COLUMNS = ("profile_name", "profile_data", "user_id", "is_verified")


def lost_writes(copy: Copy, journals: list[Path]) -> tuple[list[str], int]:
    """Return a line for each acknowledged write that is lost, and the number of acknowledged writes.

    Of several writes of one field the last counts; no two clients write the same field of a row.
    """
    profiles: dict[str, dict[str, Any]] = {}
    events: dict[str, dict[str, Any]] = {}
    acknowledged = 0
    for journal in journals:
        for kind, *said in map(json.loads, journal.read_text().splitlines()):
            if kind in {"done", "event"}:
                key, fields = said
                acknowledged += 1
                (profiles if kind == "done" else events).setdefault(str(key), {}).update(fields)
    with copy.connect() as read:
        upgraded = read.execute("SELECT to_regclass('sim_legacyprofile') IS NOT NULL").fetchone() == (True,)
        rows: list[Any] = read.execute(
            f"""SELECT id::text, {"l.is_verified" if upgraded else "NULL"},
                {", ".join(f"p.{column}" for column in (COLUMNS if upgraded else OLD_COLUMNS))}
            FROM sim_simprofile p {"LEFT JOIN sim_legacyprofile l ON l.profile_id = p.id" if upgraded else ""}
            WHERE id = ANY(%s::uuid[])""",
            [list(profiles)],
        ).fetchall()
        # The old model's owner is the new one's link.
        names = COLUMNS if upgraded else ("profile_name", "profile_data", "linked_user_id", "is_verified")
        there = {row[0]: (row[1], dict(zip(names, row[2:], strict=True))) for row in rows}
        rows = read.execute(
            f"""SELECT id::text, name, EXTRACT(EPOCH FROM starts_at)::float,
                {"listed_at = starts_at" if upgraded else "true"}
            FROM sim_event WHERE id = ANY(%s::bigint[])""",
            [list(events)],
        ).fetchall()
        calendar = {row[0]: (None, dict(zip(("name", "starts_at", "listed"), row[1:], strict=True))) for row in rows}
    if not upgraded:
        profiles = {key: _in_the_old_model(fields) for key, fields in profiles.items()}
    for fields in events.values():
        # The new release lists it there, too.
        fields["listed"] = True
    lost = [line for key, fields in profiles.items() for line in _differences(key, fields, there.get(key))]
    lost += [line for key, fields in events.items() for line in _differences(key, fields, calendar.get(key))]
    return lost, acknowledged


def _in_the_old_model(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as a rollback leaves them: a profile without account is kept aside, and no profile is private."""
    if "linked_user_id" in fields and fields["linked_user_id"] is None:
        return {"deleted": True}
    return {name: value for name, value in fields.items() if name not in {"profile_identifier", "is_public"}}


def _differences(key: str, fields: dict[str, Any], row: tuple[bool | None, dict[str, Any]] | None) -> list[str]:
    if fields.get("deleted"):
        return [f"{key} was deleted and is there"] if row else []
    if row is None:
        return [f"{key} is gone"]
    noted, values = row
    lost = {name for name, value in fields.items() if values[name] != value}
    # The old model's word from before the backfill is in its note: the upgrade verifies every owner.
    if noted is not None and noted == fields.get("is_verified"):
        lost.discard("is_verified")
    return [f"{key}: {name} is {values[name]!r}, acknowledged was {fields[name]!r}" for name in sorted(lost)]
