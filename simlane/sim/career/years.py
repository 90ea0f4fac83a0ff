"""What a driver's year holds beside starts, wins and podiums, in the SQL that sim.career.statistics puts together.

The letters are those of its SELECT, which has a group for each driver and session: `s` the session, `e` the entry, `d`
the driver.
"""

from __future__ import annotations

from collections.abc import Sequence

#: The year (UTC) of a session that was `seen` then.
POSTGRESQL = "CAST(EXTRACT(YEAR FROM seen AT TIME ZONE 'UTC') AS integer)"
SQLITE = "CAST(strftime('%%Y', seen) AS integer)"
#: A longer drive is a file's mistake (ms): eleven days.
_LONGEST = 1_000_000_000

_ALONE = "NOT EXISTS (SELECT 1 FROM sim_entrydriver o WHERE o.entry_id = e.id AND o.seat <> d.seat)"
_FASTEST = """d.best_lap_ms IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM sim_entry f
            WHERE f.session_id = s.id AND f.status <> 'dsq' AND f.best_lap_ms < d.best_lap_ms)"""
#: Of a crew each has driven for their share of the car's laps. Not whole numbers: a product may be larger than those.
_TOOK = "COALESCE(CAST(e.total_time_ms AS double precision), CAST(e.average_lap_ms AS double precision) * e.laps)"
_DROVE_MS = f"{_TOOK} * CASE WHEN {_ALONE} THEN 1 WHEN e.laps > 0 THEN 1.0 * d.laps / e.laps END"
_INCIDENTS = f"COALESCE(d.incidents, CASE WHEN {_ALONE} THEN e.incidents END)"
_GRIDDED = "e.grid_position IS NOT NULL AND e.position IS NOT NULL"

#: In words: see sim.models.CareerYear.
SUMMED = (
    *("finishes", "poles", "fastest_laps", "laps", "laps_led", "gridded", "gained", "placed", "places"),
    *("incidents", "incident_ms"),
)


def each_session(started: str, scored: str) -> str:
    """Columns of what a session adds: SUMMED, and `best`; of several lines of a driver what is most."""
    timed = f"{started} AND {_INCIDENTS} IS NOT NULL AND {_DROVE_MS} BETWEEN 1 AND {_LONGEST}"
    placed = f"{scored} AND e.position IS NOT NULL"
    columns = {
        "finishes": most(f"{started} AND e.status = 'finished'"),
        "poles": most(f"{started} AND s.stage <> 'heat' AND e.grid_position = 1"),
        "fastest_laps": most(f"{scored} AND {_FASTEST}"),
        "laps": most(started, f"COALESCE(d.laps, CASE WHEN {_ALONE} THEN e.laps END, 0)"),
        "laps_led": most(started, "COALESCE(e.laps_led, 0)"),
        "gridded": most(f"{scored} AND {_GRIDDED}"),
        # Lost places are negative: no 0 beside them.
        "gained": f"COALESCE(MAX(CASE WHEN {scored} AND {_GRIDDED} THEN e.grid_position - e.position END), 0)",
        "placed": most(placed),
        "places": f"COALESCE(MIN(CASE WHEN {placed} THEN e.position END), 0)",
        "incidents": most(timed, _INCIDENTS),
        "incident_ms": f"CAST({most(timed, _DROVE_MS)} AS bigint)",
        "best": f"MIN(CASE WHEN {placed} THEN e.position END)",
    }
    return ",\n        ".join(f"{sql} AS {name}" for name, sql in columns.items())


def most(condition: str, value: str = "1") -> str:
    """What is most of a driver's lines of a session that meet the condition; 0 where none does."""
    return f"MAX(CASE WHEN {condition} THEN {value} ELSE 0 END)"


def selected(driven: str, yearly: Sequence[str]) -> str:
    """The SELECT of a row for each driver and year with a start, of the sessions that `driven` selects."""
    sums = ", ".join(f"SUM(each_session.{number}) AS {number}" for number in yearly)
    return f"""SELECT profile_id, {{year}} AS year, {sums}, MIN(best) AS best
FROM ({driven}) AS each_session
WHERE starts = 1
GROUP BY profile_id, {{year}}"""


def wrong(driven: str, yearly: Sequence[str]) -> str:
    """The SELECT of the profiles whose years are not those that `driven` says."""
    columns = ", ".join(("profile_id", "year", *yearly, "best"))
    counted = f"SELECT {columns} FROM ({selected(driven, yearly)}) AS counted"
    stored = f"SELECT {columns} FROM sim_careeryear"
    return f"""SELECT profile_id FROM (
    SELECT * FROM ({counted} EXCEPT {stored}) AS missing UNION ALL SELECT * FROM ({stored} EXCEPT {counted}) AS astray
) AS differing"""
