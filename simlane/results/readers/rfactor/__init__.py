"""Result files of rFactor 2, Le Mans Ultimate, Automobilista and rFactor: XML, one file a session or a weekend.

The format: files of real servers and clients. `DateTime` is the seconds since 1970 UTC, `TimeString` the host's own
clock. Names and times stand in `Driver` elements; what happened between them, chat and addresses of players too, in
`Stream`, of which only changes of drivers are read. `TrackData` is a path on the host and is never kept.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from simlane.results.parsed import ParsedEntry, ParsedEvent, ParsedSession
from simlane.results.readers import fields, texts
from simlane.results.readers.rfactor import document, entry, order, repair, standings
from simlane.results.readers.rfactor.document import Document, Driver, Session
from simlane.results.server_names import without_secrets
from simlane.results.source import ResultFileError, Source

RFACTOR_2, LMU, AUTOMOBILISTA, RFACTOR = "rfactor-2", "le-mans-ultimate", "automobilista", "rfactor"
SIMULATORS = frozenset({RFACTOR_2, LMU, AUTOMOBILISTA, RFACTOR})
#: Those whose own program gives standings.
_STEAM = {RFACTOR_2, LMU}

#: Kind, name, and what orders the sessions of a weekend.
_KINDS = {
    "TestDay": ("practice", "Test day", 0),
    "Practice": ("practice", "Practice", 100),
    "Qualify": ("qualifying", "Qualifying", 200),
    "Warmup": ("warmup", "Warm-up", 300),
    "Race": ("race", "Race", 400),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: As a year of four digits is written in seconds.
_MAX_SECONDS = 253_402_300_799
#: Le Mans Ultimate's versions begin above rFactor 2's last one.
_LMU_VERSION = 1.2
_LMU_RELEASE = datetime(2024, 2, 1, tzinfo=UTC)


class RfactorReader:
    """Reads the XML of rFactor 2 and its relatives.

    Drivers are names: no file holds an id, but standings beside it may (see .standings). A crew is told by `Swap`, or
    by the changes in the `Stream`. Who the computer drove is a name like others, and counted in the notes. The file's
    positions are followed unless they contradict laps and times.
    """

    slug = "rfactor"
    name = "rFactor 2, Le Mans Ultimate, Automobilista and rFactor result XML"
    version = 2

    def recognises(self, source: Source) -> bool:
        """Whether the document's element is `rFactorXML`."""
        return b"<" in source.data[:1024] and repair.has_root(source.lenient_text[0])

    def read(self, source: Source) -> list[ParsedEvent]:
        """The event with every session somebody took part in; raises ResultFileError."""
        text, notes = repair.repaired(source)
        computers: set[str] = set()

        def make(driver: Driver, session: Session) -> ParsedEntry | None:
            made = entry.make(driver, session)
            if made and entry.is_ai(driver):
                computers.update(each.name for each in made.drivers)
            return made

        found = document.read(text, make)
        sessions = [_session(session, found, source, notes) for session in found.sessions if session.entries]
        if not sessions:
            what = "Nobody took part: no session has a driver" if found.sessions else "The file holds no session"
            raise ResultFileError(what, "RaceResults")
        if unscored := sum(session.unscored for session in found.sessions):
            notes.append(f"Cars that were not scored and drove no lap were left out: {unscored}.")
        if computers:
            notes.append(f"AI drivers, known by name only: {len(computers)}.")
        event = _event(found, sessions, notes)
        if event.simulator in _STEAM and (ids := standings.ids_of(source.lenient_text[0])):
            known = _identify(sessions, {name: each for name, each in ids.items() if name not in computers})
            notes.append(f"Drivers told by their ids in standings that lay beside it: {known}.")
        return [event]


def _identify(sessions: list[ParsedSession], ids: standings.Ids) -> int:
    """Gives drivers the ids their names have; not to two cars of a session. Returns how many have one."""
    known: set[str] = set()
    for session in sessions:
        cars = Counter(driver.name for each in session.entries for driver in each.drivers)
        for driver in (driver for each in session.entries for driver in each.drivers):
            if cars[driver.name] == 1 and driver.name in ids:
                driver.identifier = ids[driver.name]
                known.add(driver.name)
    return len(known)


def _event(found: Document, sessions: list[ParsedSession], notes: list[str]) -> ParsedEvent:
    track, layout = _track(found)
    server = without_secrets(fields.text_of(found.values, "ServerName"))
    starts = [session.started_at for session in sessions if session.started_at]
    return ParsedEvent(
        simulator=_simulator(found, starts),
        name=server or (f"{track}, {sessions[0].name}" if len(sessions) == 1 else track),
        track=track,
        layout=layout,
        sessions=sessions,
        weekend=_weekend(server, track, layout),
        series=without_secrets(fields.text_of(found.values, "Season")),
        started_at=min(starts, default=None),
        notes=notes,
    )


def _weekend(server: str, track: str, layout: str) -> str:
    """What the files of one weekend have in common; empty where no server is named: it may be anyone's."""
    return fields.joined(server, track, layout) if server else ""


def _track(found: Document) -> tuple[str, str]:
    """The place and the layout: a course is called by the place's name and more, or by a name of its own."""
    venue, course = fields.text_of(found.values, "TrackVenue"), fields.text_of(found.values, "TrackCourse")
    track = venue or course or fields.text_of(found.values, "TrackEvent")
    if not track:
        raise ResultFileError("The file does not say which track was driven", "TrackVenue")
    layout = course if course.casefold() != track.casefold() else ""
    if layout.casefold().startswith(f"{track.casefold()} "):
        layout = layout[len(track) :].strip(" -–") or layout
    return track, layout


def _simulator(found: Document, starts: list[datetime]) -> str:
    """Which game wrote it: by the game's own marks, then by its version."""
    values = found.values
    mod, data = values.get("Mod", "").casefold(), values.get("TrackData", "").casefold()
    version = _version(values.get("GameVersion", ""))
    if mod.endswith(".srs") or "reiza" in mod:
        # Game Stock Car, from which it grew, counts on as rFactor.
        return AUTOMOBILISTA if version >= 2 else RFACTOR
    if found.has_energy or "le mans ultimate" in data:
        return LMU
    if "TrackData" not in values and "ClientFuelVisible" not in values and mod.endswith(".rfm"):
        return RFACTOR
    # rFactor went up to 1.255, and its last files are older than the first of Le Mans Ultimate.
    if version >= _LMU_VERSION:
        return LMU if "TrackData" in values or min(starts, default=_EPOCH) >= _LMU_RELEASE else RFACTOR
    return RFACTOR_2


def _version(text: str) -> float:
    """Its first two numbers: 1.1115 is below 1.2."""
    whole, _, decimals = text.strip().partition(".")
    digits = decimals.partition(".")[0]
    number = f"{whole}.{digits}"
    return float(number) if len(number) <= 20 and whole.isdecimal() and digits.isdecimal() else 0.0


def _session(session: Session, found: Document, source: Source, notes: list[str]) -> ParsedSession:
    kind, name, rank = _KINDS[session.kind]
    if session.number > 1:
        name = f"{name} {session.number}"
    entries, corrected = order.classify(session.entries, session.given, race=kind == "race")
    if corrected:
        notes.append(
            f"{name}: the positions are missing, doubled or contradict laps and times: the order is by "
            f"{'how the drives ended, laps and times' if kind == 'race' else 'best laps'}."
        )
    parsed = ParsedSession(kind, rank + session.number, name, entries)
    parsed.started_at = _start(session.values, session.tag) or _start(found.values, "RaceResults")
    if parsed.started_at is None:
        said = _clock(session.values) or _clock(found.values)
        if said is None:
            notes.append(f"{name}: the file holds no date.")
        else:
            # By the host's clock alone, as the command says where that stands.
            parsed.started_at = fields.instant(said, f"{session.tag}.TimeString", source.timezone)
            parsed.clock = said.replace(tzinfo=UTC)
    return parsed


def _start(values: dict[str, str], where: str) -> datetime | None:
    try:
        seconds = texts.whole(values, "DateTime", low=-(2**31), high=_MAX_SECONDS)
    except ResultFileError as error:
        raise error.under(where) from None
    if not seconds or seconds < 0:
        return None
    return fields.instant(_EPOCH + timedelta(seconds=seconds), f"{where}.DateTime")


def _clock(values: dict[str, str]) -> datetime | None:
    """What `TimeString` says, `2013/03/24 21:36:21`; None for none or another way to write it."""
    text = values.get("TimeString", "").strip().replace("/", "-")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
