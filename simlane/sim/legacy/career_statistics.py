"""Migrations 0030, 0036 and 0041: count the career statistics of everybody who has raced, by rules that are frozen."""

from __future__ import annotations

import re
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.batches import in_batches, keep_out_imports

STEP = "career statistics"
_HEAT = re.compile(r"\b(?:heat|consolation|consi|last chance|lcq|b[ -]main|semi[ -]?(?:final)?)\b", re.IGNORECASE)
_FEATURE = re.compile(r"\b(?:feature|a[ -]main|final)\b", re.IGNORECASE)
_STARTED = """s.kind = 'race' AND e.status <> 'dns' AND (COALESCE(d.laps, e.laps, 1) > 0 OR (
    e.laps = 0 AND e.status <> 'dsq'
    AND NOT EXISTS (SELECT 1 FROM sim_entrydriver o WHERE o.entry_id = e.id AND o.seat <> d.seat)))"""
_SCORED = f"{_STARTED} AND e.status <> 'dsq' AND s.stage <> 'heat'"
_CLASS = "COALESCE(e.class_position, e.position)"
_CONDITIONS = {
    "starts": _STARTED,
    "wins": f"{_SCORED} AND e.position = 1",
    "podiums": f"{_SCORED} AND e.position <= 3",
    "class_wins": f"{_SCORED} AND {_CLASS} = 1",
    "class_podiums": f"{_SCORED} AND {_CLASS} <= 3",
}


def tell_heats(connection: BaseDatabaseWrapper) -> None:
    """Marks races of iRacing that are called heats, and features of the same events; they are few."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT name FROM sim_session WHERE kind = 'race' AND stage = ''")
        for (name,) in cursor.fetchall():
            if stage := stage_of(name):
                cursor.execute(
                    """UPDATE sim_session SET stage = %s WHERE kind = 'race' AND stage = '' AND name = %s
                    AND event_id IN (SELECT v.id FROM sim_event v JOIN sim_simulator m ON m.id = v.simulator_id
                        WHERE m.slug = 'iracing' AND v.platform_id <> '')""",
                    [stage, name],
                )


def stage_of(name: str) -> str:
    """The stage of a race in heats that its name tells; empty for any other."""
    return "heat" if _HEAT.search(name) else "feature" if _FEATURE.search(name) else ""


def count(connection: BaseDatabaseWrapper, *, only: str = "true") -> None:
    """Counts by driver and session, in ranges of the drivers who have any; `only` what says so of its event `v`."""
    in_batches(connection, STEP, drivers_behind(connection), lambda low, high: _count(connection, low, high, only))


def drivers_behind(connection: BaseDatabaseWrapper) -> Any:
    """Ranges of the drivers who have any drives."""

    def behind(low: Any, size: int) -> Any:
        after, parameters = ("AND profile_id > %s", [low]) if low is not None else ("", [])
        with connection.cursor() as cursor:
            cursor.execute(
                f"""SELECT DISTINCT profile_id FROM sim_entrydriver WHERE profile_id IS NOT NULL {after}
                ORDER BY profile_id LIMIT 1 OFFSET {size - 1}""",
                parameters,
            )
            row = cursor.fetchone()
        return row[0] if row else None

    return behind


def _count(connection: BaseDatabaseWrapper, low: Any, high: Any, only: str) -> int:
    # What is counted must be what is there when it is written: no import adds to it meanwhile, and no merge moves it.
    keep_out_imports(connection)
    ends = {"d.profile_id > %s": low, "d.profile_id <= %s": high}
    given = {condition: key for condition, key in ends.items() if key is not None}
    each = ", ".join(
        f"MAX(CASE WHEN {only} AND {said} THEN 1 ELSE 0 END) AS {name}" for name, said in _CONDITIONS.items()
    )
    sums = ", ".join(f"SUM({name}) AS {name}" for name in _CONDITIONS)
    wrong = " OR ".join(f"sim_simprofile.{name} <> counted.{name}" for name in _CONDITIONS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Of those alone who raced: between two of them may be all others of a large site.
            raced = " AND ".join(["d.profile_id IS NOT NULL", *given])
            cursor.execute(
                f"""SELECT 1 FROM sim_simprofile
                WHERE id = ANY (ARRAY(SELECT DISTINCT d.profile_id FROM sim_entrydriver d WHERE {raced}))
                ORDER BY id FOR NO KEY UPDATE""",
                list(given.values()),
            )
        cursor.execute(
            f"""UPDATE sim_simprofile SET {", ".join(f"{name} = counted.{name}" for name in _CONDITIONS)}
            FROM (
                SELECT profile_id, {sums} FROM (
                    SELECT d.profile_id, {each}
                    FROM sim_entrydriver d
                    JOIN sim_entry e ON e.id = d.entry_id
                    JOIN sim_session s ON s.id = e.session_id
                    JOIN sim_event v ON v.id = s.event_id
                    WHERE {" AND ".join(["d.profile_id IS NOT NULL", *given])}
                    GROUP BY d.profile_id, s.id
                ) AS each_session GROUP BY profile_id
            ) AS counted
            WHERE counted.profile_id = sim_simprofile.id AND ({wrong})""",
            list(given.values()),
        )
        return int(cursor.rowcount)
