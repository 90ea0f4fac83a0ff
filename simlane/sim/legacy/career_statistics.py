"""Migration 0030: counts the career statistics of everybody who has raced, by the rules as they were then."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.batches import in_batches

STEP = "career statistics"
_STARTED = "s.kind = 'race' AND e.status <> 'dns' AND (COALESCE(d.laps, 1) > 0 OR COALESCE(e.laps, 1) = 0)"
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
        for stage, names in (("heat", ("heat%", "consolation%")), ("feature", ("feature%",))):
            named = " OR ".join(["LOWER(name) LIKE %s"] * len(names))
            cursor.execute(
                f"""UPDATE sim_session SET stage = %s WHERE kind = 'race' AND stage = '' AND ({named})
                AND event_id IN (SELECT v.id FROM sim_event v JOIN sim_simulator m ON m.id = v.simulator_id
                    WHERE m.slug = 'iracing' AND v.platform_id <> '')""",
                [stage, *names],
            )


def count(connection: BaseDatabaseWrapper) -> None:
    """Counts by driver and session, in ranges of the drivers who have any."""
    in_batches(connection, STEP, _behind(connection), lambda low, high: _count(connection, low, high))


def _behind(connection: BaseDatabaseWrapper) -> Any:
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


def _count(connection: BaseDatabaseWrapper, low: Any, high: Any) -> int:
    ends = {"d.profile_id > %s": low, "d.profile_id <= %s": high}
    given = {condition: key for condition, key in ends.items() if key is not None}
    each = ", ".join(f"MAX(CASE WHEN {said} THEN 1 ELSE 0 END) AS {name}" for name, said in _CONDITIONS.items())
    sums = ", ".join(f"SUM({name}) AS {name}" for name in _CONDITIONS)
    wrong = " OR ".join(f"sim_simprofile.{name} <> counted.{name}" for name in _CONDITIONS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE sim_simprofile SET {", ".join(f"{name} = counted.{name}" for name in _CONDITIONS)}
            FROM (
                SELECT profile_id, {sums} FROM (
                    SELECT d.profile_id, {each}
                    FROM sim_entrydriver d
                    JOIN sim_entry e ON e.id = d.entry_id
                    JOIN sim_session s ON s.id = e.session_id
                    WHERE {" AND ".join(["d.profile_id IS NOT NULL", *given])}
                    GROUP BY d.profile_id, s.id
                ) AS each_session GROUP BY profile_id
            ) AS counted
            WHERE counted.profile_id = sim_simprofile.id AND ({wrong})""",
            list(given.values()),
        )
        return int(cursor.rowcount)
