"""A driver's career statistics: starts, wins, podiums, last activity, years and personal bests.

`add_sessions` adds a new session, `recount` counts all drives of a driver again, `find_wrong` compares the stored
numbers with the results. All three count by the same SQL: races of no league, and of leagues that staff have confirmed.
What a year has stands in sim.career.years.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from simlane.sim.career import years
from simlane.sim.models import CareerYear, PersonalBest, SimProfile
from simlane.sim.models.leagues import SHARED

COUNTED = ("starts", "wins", "podiums", "class_wins", "class_podiums")
#: What a year has beside them; `best` is the least of a year, all others add up.
YEARLY = (*COUNTED, *years.SUMMED)

#: One row a driver and session, however many lines or seats they had in it: what it adds to each number (0 or 1). A
#: start is a race entry that left the grid, for those who drove: who has laps, where laps are known. Who was alone in
#: a car that left the race on its first lap has none and drove; of a crew, or of a car that was disqualified without a
#: lap, nobody says so. A disqualified car keeps its start but wins nothing, and neither does a heat. A race without
#: classes is one. Pages list and draw races by the same rule: see sim.career.races.
DRIVE_STARTED = """s.kind = 'race' AND e.status <> 'dns' AND (COALESCE(d.laps, e.laps, 1) > 0 OR (
            e.laps = 0 AND e.status <> 'dsq'
            AND NOT EXISTS (SELECT 1 FROM sim_entrydriver o WHERE o.entry_id = e.id AND o.seat <> d.seat)))"""
_DRIVE_SCORED = f"{DRIVE_STARTED} AND e.status <> 'dsq' AND s.stage <> 'heat'"
#: What sim.models.leagues.counted says, of the event `v`.
_COUNTED = f"v.scope = {SHARED}"
_IN_CLASS = "COALESCE(e.class_position, e.position)"


def _driven(where: str) -> str:
    """The SELECT of what each session that matches `where` adds to its drivers: by driver: YEARLY, `best`, `seen`."""
    return f"""
    SELECT d.profile_id,
        {years.most(DRIVE_STARTED)} AS starts,
        {years.most(f"{_DRIVE_SCORED} AND e.position = 1")} AS wins,
        {years.most(f"{_DRIVE_SCORED} AND e.position <= 3")} AS podiums,
        {years.most(f"{_DRIVE_SCORED} AND {_IN_CLASS} = 1")} AS class_wins,
        {years.most(f"{_DRIVE_SCORED} AND {_IN_CLASS} <= 3")} AS class_podiums,
        {years.each_session(DRIVE_STARTED, _DRIVE_SCORED)},
        MAX(d.raced_at) AS seen
    FROM sim_session s
    JOIN sim_event v ON v.id = s.event_id
    JOIN sim_entry e ON e.session_id = s.id
    JOIN sim_entrydriver d ON d.entry_id = e.id
    WHERE {where} AND {_COUNTED} AND d.profile_id IS NOT NULL
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

#: What the sessions add to those who have no row yet.
_BEGINNING = f"""
SELECT profile_id, {_SUMS}, MAX(seen) AS seen
FROM ({_driven("s.id IN ({chosen})")}) AS each_session
WHERE NOT EXISTS (SELECT 1 FROM sim_simprofile p WHERE p.id = profile_id)
GROUP BY profile_id
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

#: Profiles whose stored numbers, or years, are not what their results say.
_WRONG = f"""
SELECT p.id FROM sim_simprofile p LEFT JOIN (
    SELECT profile_id, {_SUMS}
    FROM ({_driven("s.kind = 'race'")}) AS each_session
    GROUP BY profile_id
) AS counted ON counted.profile_id = p.id
WHERE {" OR ".join(f"p.{number} <> COALESCE(counted.{number}, 0)" for number in COUNTED)}
UNION {years.wrong(_driven("s.kind = 'race'"), YEARLY)}
"""

_YEARS = f"""
INSERT INTO sim_careeryear (profile_id, year, {", ".join(YEARLY)}, best)
{years.selected(_driven("{of} IN ({chosen})"), YEARLY)}
ON CONFLICT (profile_id, year) DO UPDATE SET
    {", ".join(f"{number} = sim_careeryear.{number} + excluded.{number}" for number in YEARLY)},
    best = COALESCE({{least}}(sim_careeryear.best, excluded.best), sim_careeryear.best, excluded.best)
"""

_BESTS = f"""
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
    WHERE {{of}} IN ({{chosen}}) AND {_COUNTED} AND d.profile_id IS NOT NULL AND d.best_lap_ms IS NOT NULL
        AND v.track_id IS NOT NULL AND e.car_id IS NOT NULL
) AS driven
WHERE place = 1
ON CONFLICT (profile_id, track_id, car_id) DO UPDATE
SET best_lap_ms = excluded.best_lap_ms, drive_id = excluded.drive_id
WHERE excluded.best_lap_ms < sim_personalbest.best_lap_ms
"""


def beginning(sessions: Sequence[int]) -> dict[Any, tuple[Any, ...]]:
    """By keys of profiles that are not stored yet, as the database has them: COUNTED and when they drove last.

    Stored with these after `add_sessions` a profile need not be changed at once, which would renew all its indexes.
    """
    if not sessions:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_BEGINNING.format(chosen=", ".join(["%s"] * len(sessions))), list(sessions))
        return {row[0]: row[1:] for row in cursor.fetchall()}


def add_sessions(sessions: Sequence[int]) -> None:
    """Add new sessions to the statistics of everyone stored who drove in them: three statements. Once a session."""
    _run((_CAREER, _YEARS, _BESTS), sessions, of="s.id")


def recount(profiles: Sequence[UUID]) -> None:
    """Count these drivers' statistics again from all their drives."""
    PersonalBest.objects.filter(profile__in=profiles).delete()
    CareerYear.objects.filter(profile__in=profiles).delete()
    key = SimProfile._meta.pk
    keys = [key.get_db_prep_value(each, connection) for each in profiles]
    _run((_RECOUNTED, _YEARS, _BESTS), keys, of="d.profile_id")


def find_wrong(limit: int) -> tuple[int, list[Any]]:
    """How many profiles have another career, or years, than their results say, and the keys of the first few."""
    wrong = _WRONG.format(**_words())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({wrong}) AS wrong", [])
        count: int = cursor.fetchone()[0]
        if not count:
            return 0, []
        cursor.execute(f"{wrong} LIMIT %s", [limit])
        # SQLite gives them without their dashes.
        return count, [SimProfile._meta.pk.to_python(row[0]) for row in cursor.fetchall()]


def _run(statements: Sequence[str], chosen: Sequence[Any], *, of: str) -> None:
    if not chosen:
        return
    places = ", ".join(["%s"] * len(chosen))
    with connection.cursor() as cursor:
        for statement in statements:
            given = list(chosen) * statement.count("{chosen}")
            cursor.execute(statement.format(chosen=places, of=of, **_words()), given)


def _words() -> dict[str, str]:
    """What the databases call differently."""
    if connection.vendor == "postgresql":
        return {"greatest": "GREATEST", "least": "LEAST", "year": years.POSTGRESQL}
    return {"greatest": "MAX", "least": "MIN", "year": years.SQLITE}
