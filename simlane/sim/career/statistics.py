"""A driver's career statistics: starts, wins, podiums, last activity and personal bests.

`add_sessions` adds a new session, `recount` counts all drives of a driver again, `find_wrong` compares the stored
numbers with the results. All three count by the same SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from simlane.sim.models import PersonalBest, SimProfile

COUNTED = ("starts", "wins", "podiums", "class_wins", "class_podiums")

#: One row a driver and session, however many lines or seats they had in it: what it adds to each number (0 or 1). A
#: start is a race entry that left the grid, for those who drove; of a crew that is who has laps, where laps are
#: known. A disqualified car keeps its start but wins nothing, and neither does a heat. A race without classes is one.
_DRIVE_STARTED = """s.kind = 'race' AND e.status <> 'dns'
            AND (COALESCE(d.laps, 1) > 0 OR COALESCE(e.laps, 1) = 0)"""
_DRIVE_SCORED = f"{_DRIVE_STARTED} AND e.status <> 'dsq' AND s.stage <> 'heat'"
_IN_CLASS = "COALESCE(e.class_position, e.position)"


def _most(condition: str) -> str:
    return f"MAX(CASE WHEN {condition} THEN 1 ELSE 0 END)"


def _driven(where: str) -> str:
    """The SELECT of what each session that matches `where` adds to its drivers: `profile_id`, COUNTED and `seen`."""
    return f"""
    SELECT d.profile_id,
        {_most(_DRIVE_STARTED)} AS starts,
        {_most(f"{_DRIVE_SCORED} AND e.position = 1")} AS wins,
        {_most(f"{_DRIVE_SCORED} AND e.position <= 3")} AS podiums,
        {_most(f"{_DRIVE_SCORED} AND {_IN_CLASS} = 1")} AS class_wins,
        {_most(f"{_DRIVE_SCORED} AND {_IN_CLASS} <= 3")} AS class_podiums,
        MAX(d.raced_at) AS seen
    FROM sim_session s
    JOIN sim_entry e ON e.session_id = s.id
    JOIN sim_entrydriver d ON d.entry_id = e.id
    WHERE {where} AND d.profile_id IS NOT NULL
    GROUP BY d.profile_id, s.id"""


_SUMS = ", ".join(f"SUM(each_session.{number}) AS {number}" for number in COUNTED)

_CAREER = f"""
UPDATE sim_simprofile SET
    {", ".join(f"{number} = sim_simprofile.{number} + added.{number}" for number in COUNTED)},
    last_active_at = {{greatest}}(sim_simprofile.last_active_at, added.seen)
FROM (
    SELECT profile_id, {_SUMS}, MAX(seen) AS seen
    FROM ({_driven("s.id IN ({chosen})")}) AS each_session
    GROUP BY profile_id
) AS added
WHERE added.profile_id = sim_simprofile.id
"""

_RECOUNTED = f"""
UPDATE sim_simprofile SET
    {", ".join(f"{number} = COALESCE(counted.{number}, 0)" for number in COUNTED)},
    last_active_at = COALESCE(counted.seen, sim_simprofile.created_at)
FROM (
    SELECT p.id, {_SUMS}, MAX(seen) AS seen
    FROM sim_simprofile p
    LEFT JOIN ({_driven("d.profile_id IN ({chosen})")}) AS each_session ON each_session.profile_id = p.id
    WHERE p.id IN ({{chosen}})
    GROUP BY p.id
) AS counted
WHERE counted.id = sim_simprofile.id
"""

#: Profiles whose stored numbers are not what their results say.
_WRONG = f"""
SELECT p.id FROM sim_simprofile p LEFT JOIN (
    SELECT profile_id, {_SUMS}
    FROM ({_driven("s.kind = 'race'")}) AS each_session
    GROUP BY profile_id
) AS counted ON counted.profile_id = p.id
WHERE {" OR ".join(f"p.{number} <> COALESCE(counted.{number}, 0)" for number in COUNTED)}
"""

_BESTS = """
INSERT INTO sim_personalbest (profile_id, track_id, car_id, best_lap_ms, drive_id)
SELECT profile_id, track_id, car_id, best_lap_ms, drive_id FROM (
    SELECT d.profile_id, v.track_id, e.car_id, d.best_lap_ms, d.id AS drive_id,
        ROW_NUMBER() OVER (
            PARTITION BY d.profile_id, v.track_id, e.car_id ORDER BY d.best_lap_ms, d.raced_at, d.id
        ) AS place
    FROM sim_session s
    JOIN sim_event v ON v.id = s.event_id
    JOIN sim_entry e ON e.session_id = s.id
    JOIN sim_entrydriver d ON d.entry_id = e.id
    WHERE {of} IN ({chosen}) AND d.profile_id IS NOT NULL AND d.best_lap_ms IS NOT NULL
        AND v.track_id IS NOT NULL AND e.car_id IS NOT NULL
) AS driven
WHERE place = 1
ON CONFLICT (profile_id, track_id, car_id) DO UPDATE
SET best_lap_ms = excluded.best_lap_ms, drive_id = excluded.drive_id
WHERE excluded.best_lap_ms < sim_personalbest.best_lap_ms
"""


def add_sessions(sessions: Sequence[int]) -> None:
    """Add new sessions to the statistics of everyone who drove in them: two statements. Call it once a session."""
    _run((_CAREER, _BESTS), sessions, of="s.id")


def recount(profiles: Sequence[UUID]) -> None:
    """Count these drivers' statistics again from all their drives."""
    PersonalBest.objects.filter(profile__in=profiles).delete()
    key = SimProfile._meta.pk
    _run((_RECOUNTED, _BESTS), [key.get_db_prep_value(each, connection) for each in profiles], of="d.profile_id")


def find_wrong(limit: int) -> tuple[int, list[Any]]:
    """How many profiles have other starts, wins or podiums than their results say, and the keys of the first few."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({_WRONG}) AS wrong")
        count: int = cursor.fetchone()[0]
        if not count:
            return 0, []
        cursor.execute(f"{_WRONG} LIMIT %s", [limit])
        # SQLite gives them without their dashes.
        return count, [SimProfile._meta.pk.to_python(row[0]) for row in cursor.fetchall()]


def _run(statements: Sequence[str], chosen: Sequence[Any], *, of: str) -> None:
    if not chosen:
        return
    places = ", ".join(["%s"] * len(chosen))
    greatest = "GREATEST" if connection.vendor == "postgresql" else "MAX"
    with connection.cursor() as cursor:
        for statement in statements:
            given = list(chosen) * statement.count("{chosen}")
            cursor.execute(statement.format(chosen=places, greatest=greatest, of=of), given)
