"""Result files of Assetto Corsa's dedicated server, and what its managers make of them: one session a file, JSON.

The format is described nowhere; it is as in files of real servers. A manager ("Assetto Corsa Server Manager") keeps the
file and adds `Date`, `SessionFile`, its ids of the championship and of the weekend, and to each line the penalty that
stewards gave (`PenaltyTime` in nanoseconds).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from simlane.results.parsed import ParsedEvent, ParsedSession
from simlane.results.readers import ac_names, clock, fields
from simlane.results.readers.ac_board import Board
from simlane.results.readers.fields import JsonObject
from simlane.results.source import ResultFileError, Source

SIMULATOR = "assetto-corsa"

_KINDS = {
    "PRACTICE": ("practice", "Practice", 0),
    "QUALIFY": ("qualifying", "Qualifying", 1),
    "RACE": ("race", "Race", 2),
}
_FILE_TIME = re.compile(
    r"(?<![0-9])(20[0-9]{2})_([0-9]{1,2})_([0-9]{1,2})_([0-9]{1,2})_([0-9]{1,2})_[A-Za-z]", re.ASCII
)
#: What stands where a manager has no id.
_NO_ID = {"", "00000000-0000-0000-0000-000000000000"}


class AcReader:
    """Reads Assetto Corsa server results.

    What the file does not tell stays None: numbers of cars, grids, who retired among the classified. A lap with a cut
    is not valid. Who has no lap is not classified.
    """

    slug = "ac"
    name = "Assetto Corsa server results"
    version = 1

    def recognises(self, source: Source) -> bool:
        """Whether the JSON has a `TrackName`, a `Result`, and the `Cars` or the `Laps` beside it."""
        document = source.json_object_or_none
        return (
            document is not None
            and {"TrackName", "Result"} <= document.keys()
            and bool({"Cars", "Laps"} & document.keys())
        )

    def read(self, source: Source) -> list[ParsedEvent]:
        """The session the file holds, as an event of its own; raises ResultFileError."""
        document = source.json
        if not isinstance(document, dict):
            raise fields.wrong_type(document, "an object", "the whole file")
        track, layout = ac_names.track(fields.text_of(document, "TrackName"), fields.text_of(document, "TrackConfig"))
        if not track:
            raise ResultFileError("The file does not say which track was driven", "TrackName")
        notes: list[str] = []
        session = _session(document, notes)
        # The year 1 is the manager's word for none.
        dated = document | {"Date": None} if str(document.get("Date")).startswith("0001-") else document
        if not clock.start(session, dated, source, _time_in):
            notes.append(clock.UNKNOWN)
        weekend = _weekend(document)
        title = f"{track} – {layout}" if layout else track
        event = ParsedEvent(
            simulator=SIMULATOR,
            name=(title if weekend else f"{track}, {session.name}")[: fields.MAX_TEXT],
            track=track,
            layout=layout,
            sessions=[session],
            weekend=weekend,
            started_at=session.started_at,
            notes=notes,
        )
        return [event]


def _session(document: JsonObject, notes: list[str]) -> ParsedSession:
    given = fields.text_of(document, "Type")
    if given.upper() not in _KINDS:
        raise ResultFileError(f"The session type “{fields.shown(given)}” is not one SimLane knows", "Type")
    kind, name, number = _KINDS[given.upper()]
    board = Board(document, race=kind == "race", notes=notes)
    entries = board.classified()
    if not entries:
        raise ResultFileError("Nobody took part: every slot is empty", "Result")
    return ParsedSession(kind, number, name, entries)


def _weekend(document: JsonObject) -> str:
    """What the files of one weekend have in common, by the manager's ids; empty where it has none: anyone's."""
    ids = [fields.text_of(document, key) for key in ("RaceWeekendID", "ChampionshipID")]
    manager = next((each for each in ids if each not in _NO_ID), "")
    track = [fields.text_of(document, key) for key in ("TrackName", "TrackConfig")]
    return fields.joined(manager, *track) if manager else ""


def _time_in(name: str) -> datetime | None:
    """The time in a file's name, `YYYY_M_D_H_MM_<TYPE>.json`."""
    match = _FILE_TIME.search(name)
    numbers: list[Any] = [int(number) for number in match.groups()] if match else []
    try:
        return datetime(*numbers) if numbers else None  # noqa: DTZ001 - nothing says where
    except ValueError:
        return None
