"""Keeps the records of tracks (TrackRecord) in step with results that come in, go, or count from now on or no more.

Call these under the lock of imports, in the transaction of the change. What counts is what counts for personal bests:
the best lap that the file gives a driver, in any session of an event that counts, disqualified cars included.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import Q

from simlane.sim.models import Session, TrackRecord
from simlane.sim.models.leagues import SHARED

_BEST = f"""
INSERT INTO sim_trackrecord (track_id, car_id, car_class, best_lap_ms, raced_at, drive_id)
SELECT track_id, car_id, car_class, best_lap_ms, raced_at, drive_id FROM (
    SELECT v.track_id, e.car_id, e.car_class, d.best_lap_ms, d.raced_at, d.id AS drive_id,
        ROW_NUMBER() OVER (
            PARTITION BY v.track_id, e.car_id, e.car_class ORDER BY d.best_lap_ms, d.raced_at, d.id
        ) AS place
    FROM sim_event v
    JOIN sim_session s ON s.event_id = v.id
    JOIN sim_entry e ON e.session_id = s.id
    JOIN sim_entrydriver d ON d.entry_id = e.id
    WHERE {{where}} AND v.scope = {SHARED} AND v.track_id IS NOT NULL AND e.car_id IS NOT NULL
        AND d.best_lap_ms IS NOT NULL
) AS driven
WHERE place = 1
ON CONFLICT (track_id, car_id, car_class) DO UPDATE
SET best_lap_ms = excluded.best_lap_ms, raced_at = excluded.raced_at, drive_id = excluded.drive_id
WHERE (excluded.best_lap_ms, excluded.raced_at, excluded.drive_id)
    < (sim_trackrecord.best_lap_ms, sim_trackrecord.raced_at, sim_trackrecord.drive_id)
"""
#: Parameters of one statement that SQLite is given at most.
_AT_ONCE = 500


def add_sessions(sessions: Sequence[int]) -> None:
    """Sets the records that were driven in these new sessions: one statement."""
    for start in range(0, len(sessions), _AT_ONCE):
        _set("s.id IN ({})", sessions[start : start + _AT_ONCE])


def renew(events: Collection[int]) -> None:
    """Brings records in line with these events as they are now, and those whose drive was deleted with the rest."""
    drive = "drive__entry__session__event"
    wrong = set(TrackRecord.objects.filter(drive=None).values_list("pk", flat=True))
    if events:
        there = TrackRecord.objects.filter(**{f"{drive}__in": events}).values_list(
            "pk", "track_id", f"{drive}__track_id", f"{drive}__scope"
        )
        wrong |= {key for key, track, now, scope in there if track != now or scope != SHARED}
    if wrong:
        lost: dict[int, set[int]] = {}
        rows = TrackRecord.objects.filter(pk__in=wrong)
        for track, car in rows.values_list("track_id", "car_id"):
            lost.setdefault(track, set()).add(car)
        rows.delete()
        for track, cars in sorted(lost.items()):
            _set("v.track_id = %s AND e.car_id IN ({})", sorted(cars), track)
    add_sessions(list(Session.objects.filter(event__in=events).values_list("pk", flat=True)))


def find_wrong(limit: int) -> tuple[int, list[Any]]:
    """How many drives are faster than the record of their track, car and class, or have none; a few of their keys."""
    sql = f"""
    FROM sim_event v
    JOIN sim_session s ON s.event_id = v.id
    JOIN sim_entry e ON e.session_id = s.id
    JOIN sim_entrydriver d ON d.entry_id = e.id
    LEFT JOIN sim_trackrecord r ON r.track_id = v.track_id AND r.car_id = e.car_id AND r.car_class = e.car_class
    WHERE v.scope = {SHARED} AND v.track_id IS NOT NULL AND e.car_id IS NOT NULL AND d.best_lap_ms IS NOT NULL
        AND (r.best_lap_ms IS NULL OR d.best_lap_ms < r.best_lap_ms)"""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) {sql}")
        count: int = cursor.fetchone()[0]
        cursor.execute(f"SELECT d.id {sql} ORDER BY d.id LIMIT %s", [limit])
        return count, [key for (key,) in cursor.fetchall()]


def shown() -> Q:
    """Records that a page may show: of a drive that is there, of an event that counts and is not withdrawn."""
    event = "drive__entry__session__event__"
    return Q(drive__isnull=False, **{f"{event}scope": SHARED, f"{event}withdrawn_at__isnull": True})


def _set(where: str, keys: Sequence[int], *before: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BEST.format(where=where.format(", ".join(["%s"] * len(keys)))), [*before, *keys])
