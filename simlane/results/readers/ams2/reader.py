"""The log of an Automobilista 2 or Project CARS 2 server: `sms_stats_data.json`, JSON between lines of comments.

It is one file that the server goes on writing to, with the last events it held (`history`, a window that rolls). An
event has stages. Each stage with results is given as an event of its own, joined to the others by when their event
began: so whatever of a log came in before is known session by session.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simlane.results.parsed import ParsedEvent, ParsedSession
from simlane.results.readers import fields
from simlane.results.readers.ams2 import names
from simlane.results.readers.ams2.crowd import Crowd, table
from simlane.results.readers.ams2.stage import Stage
from simlane.results.readers.fields import JsonObject, whole
from simlane.results.server_names import without_secrets
from simlane.results.source import ResultFileError, Source

AUTOMOBILISTA_2 = "automobilista-2"
PROJECT_CARS_2 = "project-cars-2"
SIMULATORS = (AUTOMOBILISTA_2, PROJECT_CARS_2)

_STAGE = re.compile(r"(practice|qualifying|warmup|race)([0-9]{0,2})", re.ASCII | re.IGNORECASE)
_NAMES = {
    "practice": ("Practice", 0),
    "qualifying": ("Qualifying", 100),
    "warmup": ("Warm-up", 200),
    "race": ("Race", 300),
}
_MAX_EVENTS = 10_000
_MAX_EPOCH = 2**40


class Ams2Reader:
    """Reads Automobilista 2 and Project CARS 2 server logs.

    AI drivers keep their name and get no identifier. Which of the two games it was is told by the settings and cars of
    the whole log.
    """

    slug = "ams2"
    name = "Automobilista 2 or Project CARS 2 server results"
    version = 1

    def recognises(self, source: Source) -> bool:
        """Whether the JSON has a `history` under `stats`."""
        document = source.json_object_or_none
        stats = document.get("stats") if document else None
        return isinstance(stats, dict) and "history" in stats

    def read(self, source: Source) -> list[ParsedEvent]:
        """Each stage of the log that has results; raises ResultFileError, also when there is none."""
        document = source.json
        if not isinstance(document, dict):
            raise fields.wrong_type(document, "an object", "the whole file")
        try:
            return _Log(fields.object_of(document, "stats")).events()
        except ResultFileError as error:
            raise error.under("stats") from None


@dataclass(slots=True)
class _Found:
    """A stage with results: where it stands in the log, and what the event it belongs to says."""

    place: str
    name: str
    row: JsonObject
    began: datetime | None
    track_id: int
    crowd: Crowd


class _Log:
    """The `stats` of a log."""

    def __init__(self, stats: JsonObject) -> None:
        server = fields.object_of(stats, "server", optional=True)
        try:
            self.server = without_secrets(fields.text_of(server, "name"))
        except ResultFileError as error:
            raise error.under("server") from None
        self.running = self.without_results = 0
        self.game = PROJECT_CARS_2
        self.cars: set[int] = set()
        self.tracks: set[int] = set()
        self.stages = self._stages(stats)
        if names.are_known(self.cars, self.tracks):
            self.game = AUTOMOBILISTA_2

    def events(self) -> list[ParsedEvent]:
        if not self.stages:
            raise ResultFileError("Nobody took part: no session of the log has results yet", "history")
        events = []
        for found in self.stages:
            try:
                events.append(self._event(found))
            except ResultFileError as error:
                raise error.under(found.place) from None
        notes = []
        if self.running:
            notes.append(f"Sessions that were not over yet were left out: {self.running}.")
        if self.without_results:
            notes.append(f"Sessions with laps and without results were left out: {self.without_results}.")
        events[0].notes = notes + events[0].notes
        return events

    def _stages(self, stats: JsonObject) -> list[_Found]:
        stages = []
        rows = table(stats, "history")
        if len(rows) > _MAX_EVENTS:
            raise ResultFileError(f"The log has more than {_MAX_EVENTS} events", "history")
        for index, (_, row) in enumerate(rows):
            place = f"history[{index}]"
            try:
                event = fields.as_object(row)
                crowd = Crowd(event)
                self._tell_game(event, crowd)
                is_past = index < len(rows) - 1
                for name, row in table(event, "stages"):
                    if stage := self._stage(name, row, is_past=is_past):
                        began, track_id = _instant(event, "start_time"), _track_id(event)
                        if track_id is None:
                            raise ResultFileError("The file does not say which track was driven", "setup.TrackId")
                        under = f"{place}.stages.{fields.shown(name)}"
                        stages.append(_Found(under, name, stage, began, track_id, crowd))
            except ResultFileError as error:
                raise error.under(place) from None
        return stages

    def _stage(self, name: str, row: Any, *, is_past: bool) -> JsonObject | None:
        """The stage when it has results and is over: it ended, or the server has gone on to another event."""
        try:
            stage = fields.as_object(row)
            results, events = table(stage, "results"), table(stage, "events")
            ended = whole(stage, "end_time", low=-1, high=_MAX_EPOCH) or 0
        except ResultFileError as error:
            raise error.under(f"stages.{fields.shown(name)}") from None
        if results and (ended > 0 or is_past):
            return stage
        self.running += bool(results)
        self.without_results += bool(events and not results)
        return None

    def _tell_game(self, event: JsonObject, crowd: Crowd) -> None:
        setup = fields.object_of(event, "setup", optional=True)
        if "Practice1Length" in setup:
            raise ResultFileError("The log is of Project CARS 1, which SimLane does not read", "setup")
        if "AllowedCutsBeforePenalty" in setup or crowd.has_ids:
            self.game = AUTOMOBILISTA_2
        self.cars.update(crowd.cars.values())
        if track := _track_id(event):
            self.tracks.add(track)

    def _event(self, found: _Found) -> ParsedEvent:
        match = _STAGE.fullmatch(found.name)
        if not match:
            raise ResultFileError(f"The session type “{fields.shown(found.name)}” is not one SimLane knows")
        kind, count = match[1].lower(), int(match[2] or 0)
        title, rank = _NAMES[kind]
        known = self.game == AUTOMOBILISTA_2
        track, layout = names.track(found.track_id, known=known)
        stage = Stage(found.row, found.crowd, race=kind == "race", known=known)
        notes = stage.notes
        if track.startswith(names.UNKNOWN_TRACK):
            notes.insert(0, f"The track has only its number in the file: {found.track_id}.")
        session = ParsedSession(kind, rank + count, f"{title} {count}" if count > 1 else title, stage.entries)
        session.started_at = _instant(found.row, "start_time") or found.began
        return ParsedEvent(
            simulator=self.game,
            name=self.server or " – ".join(filter(None, (track, layout))),
            track=track,
            layout=layout,
            sessions=[session],
            weekend=fields.joined(self.server, str(found.track_id), str(found.began)),
            started_at=session.started_at,
            notes=notes,
        )


def _track_id(event: JsonObject) -> int | None:
    setup = fields.object_of(event, "setup", optional=True)
    try:
        return whole(setup, "TrackId", low=-fields.MAX_MS - 1, high=fields.MAX_MS)
    except ResultFileError as error:
        raise error.under("setup") from None


def _instant(row: JsonObject, key: str) -> datetime | None:
    """The field, seconds since 1970, as an instant; None for 0."""
    value = whole(row, key, low=-1, high=_MAX_EPOCH)
    if not value or value < 0:
        return None
    try:
        return fields.instant(datetime.fromtimestamp(value, UTC), key)
    except (ValueError, OverflowError, OSError):
        raise ResultFileError(f"{value} cannot be when this was driven", key) from None
