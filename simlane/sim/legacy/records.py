"""What migration 0050 does: slugs of tracks and cars, and the records of each track."""

from __future__ import annotations

from typing import Any

from anyascii import anyascii
from django.apps.registry import Apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils.text import slugify

from simlane.sim.legacy.batches import in_batches, keep_out_imports

STEP = "records"
_LENGTH = 112
_FILL = """
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
    WHERE v.track_id = %s AND v.scope = 0 AND e.car_id IS NOT NULL AND d.best_lap_ms IS NOT NULL
) AS driven
WHERE place = 1
ON CONFLICT (track_id, car_id, car_class) DO UPDATE
SET best_lap_ms = excluded.best_lap_ms, raced_at = excluded.raced_at, drive_id = excluded.drive_id
WHERE (excluded.best_lap_ms, excluded.raced_at, excluded.drive_id)
    < (sim_trackrecord.best_lap_ms, sim_trackrecord.raced_at, sim_trackrecord.drive_id)
"""


def give_slugs(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Slugs for those tracks and cars that have none, the oldest first."""
    for model in (apps.get_model("sim", "Track"), apps.get_model("sim", "Car")):
        with transaction.atomic(editor.connection.alias):
            keep_out_imports(editor.connection)
            taken: set[Any] = set(model.objects.exclude(slug=None).values_list("simulator_id", "slug"))
            for row in model.objects.filter(slug=None).order_by("pk"):
                layout = getattr(row, "layout", "")
                row.slug = _free(row.simulator_id, f"{row.name} – {layout}" if layout else row.name, taken)
                row.save(update_fields=["slug"])


def _free(simulator: int, name: str, taken: set[Any]) -> str:
    wanted = slugify(anyascii(name))[:_LENGTH].strip("-") or "x"
    number, slug = 1, wanted
    while (simulator, slug) in taken:
        number += 1
        slug = f"{wanted}-{number}"
    taken.add((simulator, slug))
    return slug


def fill(connection: BaseDatabaseWrapper) -> None:
    """The records, one track in each transaction."""

    def behind(low: Any, _: int) -> Any:
        after, parameters = ("WHERE id > %s", [low]) if low is not None else ("", [])
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT MIN(id) FROM sim_track {after}", parameters)
            return cursor.fetchone()[0]

    def write(_: Any, track: Any) -> int:
        if track is None:
            return 0
        keep_out_imports(connection)
        with connection.cursor() as cursor:
            cursor.execute(_FILL, [track])
            return int(cursor.rowcount)

    in_batches(connection, STEP, behind, write)
