"""A driver's figures: starts, wins, podiums, last activity and personal bests, kept as sessions come in."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

# A start is a race entry that left the grid; a disqualified car keeps its start but wins nothing.
_CAREER = """
UPDATE sim_simprofile SET
    starts = sim_simprofile.starts + added.starts,
    wins = sim_simprofile.wins + added.wins,
    podiums = sim_simprofile.podiums + added.podiums,
    last_active_at = {greatest}(sim_simprofile.last_active_at, added.seen)
FROM (
    SELECT d.profile_id,
        COUNT(CASE WHEN s.kind = 'race' AND e.status <> 'dns' THEN 1 END) AS starts,
        COUNT(CASE WHEN s.kind = 'race' AND e.status NOT IN ('dns', 'dsq') AND e.position = 1 THEN 1 END) AS wins,
        COUNT(CASE WHEN s.kind = 'race' AND e.status NOT IN ('dns', 'dsq') AND e.position <= 3 THEN 1 END) AS podiums,
        MAX(d.raced_at) AS seen
    FROM sim_session s
    JOIN sim_entry e ON e.session_id = s.id
    JOIN sim_entrydriver d ON d.entry_id = e.id
    WHERE s.id IN ({sessions}) AND d.profile_id IS NOT NULL
    GROUP BY d.profile_id
) AS added
WHERE added.profile_id = sim_simprofile.id
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
    WHERE s.id IN ({sessions}) AND d.profile_id IS NOT NULL AND d.best_lap_ms IS NOT NULL
        AND v.track_id IS NOT NULL AND e.car_id IS NOT NULL
) AS driven
WHERE place = 1
ON CONFLICT (profile_id, track_id, car_id) DO UPDATE
SET best_lap_ms = excluded.best_lap_ms, drive_id = excluded.drive_id
WHERE excluded.best_lap_ms < sim_personalbest.best_lap_ms
"""


def add_sessions(sessions: Sequence[int]) -> None:
    """Adds new sessions to the figures of everyone who drove in them: two statements. Call it once a session."""
    if not sessions:
        return
    places = ", ".join(["%s"] * len(sessions))
    greatest = "GREATEST" if connection.vendor == "postgresql" else "MAX"
    with connection.cursor() as cursor:
        for statement in (_CAREER, _BESTS):
            cursor.execute(statement.format(sessions=places, greatest=greatest), list(sessions))
