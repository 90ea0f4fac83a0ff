"""Migration 0047: count the years of everybody who has raced, by rules that are frozen."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.batches import in_batches, keep_out_imports
from simlane.sim.legacy.career_statistics import drivers_behind

STEP = "years of careers"
_ALONE = "NOT EXISTS (SELECT 1 FROM sim_entrydriver o WHERE o.entry_id = e.id AND o.seat <> d.seat)"
_STARTED = f"""s.kind = 'race' AND e.status <> 'dns' AND (COALESCE(d.laps, e.laps, 1) > 0 OR (
    e.laps = 0 AND e.status <> 'dsq' AND {_ALONE}))"""
_SCORED = f"{_STARTED} AND e.status <> 'dsq' AND s.stage <> 'heat'"
_PLACED = f"{_SCORED} AND e.position IS NOT NULL"
_GRIDDED = f"{_PLACED} AND e.grid_position IS NOT NULL"
_CLASS = "COALESCE(e.class_position, e.position)"
_FASTEST = """d.best_lap_ms IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sim_entry f
    WHERE f.session_id = s.id AND f.status <> 'dsq' AND f.best_lap_ms < d.best_lap_ms)"""
_TOOK = "COALESCE(CAST(e.total_time_ms AS double precision), CAST(e.average_lap_ms AS double precision) * e.laps)"
_DROVE_MS = f"{_TOOK} * CASE WHEN {_ALONE} THEN 1 WHEN e.laps > 0 THEN 1.0 * d.laps / e.laps END"
_INCIDENTS = f"COALESCE(d.incidents, CASE WHEN {_ALONE} THEN e.incidents END)"
_TIMED = f"{_STARTED} AND {_INCIDENTS} IS NOT NULL AND {_DROVE_MS} BETWEEN 1 AND 1000000000"


def _most(condition: str, value: str = "1") -> str:
    return f"MAX(CASE WHEN {condition} THEN {value} ELSE 0 END)"


_COLUMNS = {
    "starts": _most(_STARTED),
    "wins": _most(f"{_SCORED} AND e.position = 1"),
    "podiums": _most(f"{_SCORED} AND e.position <= 3"),
    "class_wins": _most(f"{_SCORED} AND {_CLASS} = 1"),
    "class_podiums": _most(f"{_SCORED} AND {_CLASS} <= 3"),
    "finishes": _most(f"{_STARTED} AND e.status = 'finished'"),
    "poles": _most(f"{_STARTED} AND s.stage <> 'heat' AND e.grid_position = 1"),
    "fastest_laps": _most(f"{_SCORED} AND {_FASTEST}"),
    "laps": _most(_STARTED, f"COALESCE(d.laps, CASE WHEN {_ALONE} THEN e.laps END, 0)"),
    "laps_led": _most(_STARTED, "COALESCE(e.laps_led, 0)"),
    "gridded": _most(_GRIDDED),
    "gained": f"COALESCE(MAX(CASE WHEN {_GRIDDED} THEN e.grid_position - e.position END), 0)",
    "placed": _most(_PLACED),
    "places": f"COALESCE(MIN(CASE WHEN {_PLACED} THEN e.position END), 0)",
    "incidents": _most(_TIMED, _INCIDENTS),
    "incident_ms": f"CAST({_most(_TIMED, _DROVE_MS)} AS bigint)",
}


def count(connection: BaseDatabaseWrapper) -> None:
    """Counts by driver and year, in ranges of the drivers who have any drives."""
    in_batches(connection, STEP, drivers_behind(connection), lambda low, high: _count(connection, low, high))


def _count(connection: BaseDatabaseWrapper, low: Any, high: Any) -> int:
    # What is counted must be what is there when it is written: no import adds to it meanwhile.
    keep_out_imports(connection)
    ends = {"profile_id > %s": low, "profile_id <= %s": high}
    given = {condition: key for condition, key in ends.items() if key is not None}
    year = "CAST(strftime('%%Y', seen) AS integer)"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            year = "CAST(EXTRACT(YEAR FROM seen AT TIME ZONE 'UTC') AS integer)"
            # A merge that moves drives of theirs holds their rows.
            raced = " AND ".join(["profile_id IS NOT NULL", *given])
            cursor.execute(
                f"""SELECT 1 FROM sim_simprofile
                WHERE id = ANY (ARRAY(SELECT DISTINCT profile_id FROM sim_entrydriver WHERE {raced}))
                ORDER BY id FOR NO KEY UPDATE""",
                list(given.values()),
            )
        cursor.execute(f"DELETE FROM sim_careeryear WHERE {' AND '.join(['1 = 1', *given])}", list(given.values()))
        cursor.execute(
            f"""INSERT INTO sim_careeryear (profile_id, year, {", ".join(_COLUMNS)}, best)
            SELECT profile_id, {year}, {", ".join(f"SUM({name})" for name in _COLUMNS)}, MIN(best) FROM (
                SELECT d.profile_id, {", ".join(f"{sql} AS {name}" for name, sql in _COLUMNS.items())},
                    MIN(CASE WHEN {_PLACED} THEN e.position END) AS best, MAX(d.raced_at) AS seen
                FROM sim_entrydriver d
                JOIN sim_entry e ON e.id = d.entry_id
                JOIN sim_session s ON s.id = e.session_id
                JOIN sim_event v ON v.id = s.event_id
                WHERE {" AND ".join(["d.profile_id IS NOT NULL AND v.scope = 0", *(f"d.{each}" for each in given)])}
                GROUP BY d.profile_id, s.id
            ) AS each_session WHERE starts = 1 GROUP BY profile_id, {year}""",
            list(given.values()),
        )
        return int(cursor.rowcount)
