"""What migration 0028 does: events of the old release stand in the lists where they start."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.batches import HELD_AT_ONCE, by_key, come_back, in_batches

TABLE, STEP = "sim_event", "events"
STARTS = "COALESCE(starts_at, created_at)"
#: Of an event with sessions the result file has said when it was.
LEFT = f"listed_at <> {STARTS} AND NOT EXISTS (SELECT 1 FROM sim_session s WHERE s.event_id = {TABLE}.id)"


def fill(connection: BaseDatabaseWrapper) -> None:
    """Lists every event without sessions by its start, or by when it came in.

    One with sessions is on the simulator of its track, whatever the old release said after a way back.
    """
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Not the old release's word, which the triggers of the dual write would see in it.
            cursor.execute("SET LOCAL simlane.upgrade = 'on'")
        cursor.execute(
            f"""UPDATE {TABLE} SET simulator_id = t.simulator_id FROM sim_track t
            WHERE t.id = {TABLE}.track_id AND t.simulator_id <> {TABLE}.simulator_id
                AND EXISTS (SELECT 1 FROM sim_session s WHERE s.event_id = {TABLE}.id)"""
        )

    free = "FOR NO KEY UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""

    def put(where: str, parameters: list[Any]) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""UPDATE {TABLE} SET listed_at = {STARTS}
                WHERE id IN (SELECT id FROM {TABLE} WHERE {LEFT} AND {where} {free})""",
                parameters,
            )
            return int(cursor.rowcount)

    def write(low: Any, high: Any) -> int:
        ends = {"id > %s": low, "id <= %s": high}
        given = {condition: key for condition, key in ends.items() if key is not None}
        return put(" AND ".join(["1 = 1", *given]), list(given.values()))

    def left() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id FROM {TABLE} WHERE {LEFT} LIMIT {HELD_AT_ONCE}")
            return [key for (key,) in cursor.fetchall()]

    in_batches(connection, STEP, by_key(connection, TABLE), write)
    if connection.vendor == "postgresql":
        come_back(connection, STEP, left, lambda keys: put("id = ANY(%s)", [keys]))
