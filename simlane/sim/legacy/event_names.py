"""What migration 0035 does: events are called, and their files joined, as if they came in today.

Older releases stored names of servers with the passwords in them, in the key by which files join too.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from simlane.sim.legacy.batches import by_key, in_batches, keep_out_imports
from simlane.sim.legacy.server_names import without_secrets

STEP = "events"
MAX_TEXT = 255


def write_anew(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Reads every event of result files, in batches, and writes those that would differ; again is no harm."""
    events = apps.get_model("sim", "Event")

    def write(low: Any, high: Any) -> int:
        keep_out_imports(editor.connection)
        ends = {key: value for key, value in {"pk__gt": low, "pk__lte": high}.items() if value is not None}
        rows = events.objects.filter(event_source="results", **ends).select_related("track")
        changed = [row for row in rows if _renamed(row)]
        events.objects.bulk_update(changed, ["name", "series", "weekend"])
        return len(changed)

    in_batches(editor.connection, STEP, by_key(editor.connection, events._meta.db_table), write)


def _renamed(event: Any) -> bool:
    """Makes the event's texts what they would be; whether that changed them."""
    before = (event.name, event.series, event.weekend)
    event.series = without_secrets(event.series)[:MAX_TEXT]
    event.name = without_secrets(event.name)[:MAX_TEXT] or _unnamed(event)[:MAX_TEXT]
    if not event.platform_id and event.track:
        event.weekend = _weekend(event)
    return before != (event.name, event.series, event.weekend)


def _unnamed(event: Any) -> str:
    """What an event is called whose file names it only by its password."""
    if event.platform_id or not event.track:
        return str(event.series or (event.track.name if event.track else ""))
    if event.sessions.count() == 1:
        return f"{event.track.name}, {event.sessions.get().name}"
    return f"{event.track.name} – {event.track.layout}" if event.track.layout else str(event.track.name)


def _weekend(event: Any) -> str:
    """The key by which files of a server join: its name and the track's, or the track alone where it has no name."""
    server, bar, track = event.weekend.rpartition("|")
    if event.weekend and not bar:
        # The digest of a key that was too long.
        return str(event.weekend)
    # One that stands for no server begins with the bar.
    if event.weekend.startswith("|") or not (shown := without_secrets(server)):
        return f"|{event.track.name}|{event.track.layout}"[:MAX_TEXT]
    key = f"{shown}|{track}"
    return key if len(key) <= MAX_TEXT else hashlib.sha256(key.encode()).hexdigest()
