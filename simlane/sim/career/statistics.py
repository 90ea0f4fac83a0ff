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

# A start is a race entry that left the grid; a disqualified car keeps its start but wins nothing.
_COUNTS = """
        COUNT(CASE WHEN s.kind = 'race' AND e.status <> 'dns' THEN 1 END) AS starts,
        COUNT(CASE WHEN s.kind = 'race' AND e.status NOT IN ('dns', 'dsq') AND e.position = 1 THEN 1 END) AS wins,
        COUNT(CASE WHEN s.kind = 'race' AND e.status NOT IN ('dns', 'dsq') AND e.position <= 3 THEN 1 END) AS podiums,
        MAX(d.raced_at) AS seen"""

_CAREER = f"""
UPDATE sim_simprofile SET
    starts = sim_simprofile.starts + added.starts,
    wins = sim_simprofile.wins + added.wins,
    podiums = sim_simprofile.podiums + added.podiums,
    last_active_at = {{greatest}}(sim_simprofile.last_active_at, added.seen)
FROM (
    SELECT d.profile_id,{_COUNTS}
    FROM sim_session s
    JOIN sim_entry e ON e.session_id = s.id
    JOIN sim_entrydriver d ON d.entry_id = e.id
    WHERE s.id IN ({{chosen}}) AND d.profile_id IS NOT NULL
    GROUP BY d.profile_id
) AS added
WHERE added.profile_id = sim_simprofile.id
"""

_RECOUNTED = f"""
UPDATE sim_simprofile SET
    starts = counted.starts, wins = counted.wins, podiums = counted.podiums,
    last_active_at = COALESCE(counted.seen, sim_simprofile.created_at)
FROM (
    SELECT p.id,{_COUNTS}
    FROM sim_simprofile p
    LEFT JOIN sim_entrydriver d ON d.profile_id = p.id
    LEFT JOIN sim_entry e ON e.id = d.entry_id
    LEFT JOIN sim_session s ON s.id = e.session_id
    WHERE p.id IN ({{chosen}})
    GROUP BY p.id
) AS counted
WHERE counted.id = sim_simprofile.id
"""

#: Profiles whose stored numbers are not what their results say.
_WRONG = f"""
SELECT p.id FROM sim_simprofile p LEFT JOIN (
    SELECT d.profile_id,{_COUNTS}
    FROM sim_entrydriver d JOIN sim_entry e ON e.id = d.entry_id JOIN sim_session s ON s.id = e.session_id
    WHERE s.kind = 'race' AND d.profile_id IS NOT NULL GROUP BY d.profile_id
) AS driven ON driven.profile_id = p.id
WHERE p.starts <> COALESCE(driven.starts, 0) OR p.wins <> COALESCE(driven.wins, 0)
    OR p.podiums <> COALESCE(driven.podiums, 0)
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
            cursor.execute(statement.format(chosen=places, greatest=greatest, of=of), list(chosen))
