"""What a result file says, in one shape for every format: what a reader returns and the importer stores.

Times are whole milliseconds, instants are UTC and aware, positions count from 1; None means the file does not say.
It is kept as well (see results.content), each object as the list of its values: a field that is added is the last
of its class and has a default, since older files lack it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct, field

from simlane.results.source import ResultFileError as ResultFileError
from simlane.results.source import Source


class _Said(Struct, array_like=True, gc=False):
    """Not looked at for cycles, which values of a file cannot have."""


class ParsedLap(_Said):
    """One lap of one driver, `number` from 1 within the entry; `valid` as the simulator judged it.

    `pit` is whether it went through the pits. It is no part of the digest: see results.digest.
    """

    number: int
    driver: int  #: index into the entry's drivers
    time_ms: int | None
    valid: bool = True
    sectors_ms: tuple[int | None, int | None, int | None] = (None, None, None)
    pit: bool | None = None


class ParsedDriver(_Said):
    """A driver of an entry: the name as the file gives it, empty for none.

    `identifier` is the platform's id, canonical, when it is a real one.
    `given_id` is what the file held in the id's place when that cannot be a platform id (for the report).
    """

    name: str
    identifier: str | None = None
    given_id: str | None = None
    best_lap_ms: int | None = None
    laps: int | None = None
    rating_before: int | None = None
    rating_after: int | None = None
    license_before: str = ""
    license_after: str = ""
    incidents: int | None = None


class ParsedEntry(_Said):
    """One car's classified result in a session; `status` is one of sim.models.Entry.Status' values."""

    position: int | None
    drivers: list[ParsedDriver]
    car_name: str = ""
    car_number: str = ""
    car_class: str = ""
    class_position: int | None = None
    team_name: str = ""
    grid_position: int | None = None
    laps: int | None = None
    laps_led: int | None = None
    best_lap_ms: int | None = None
    average_lap_ms: int | None = None
    total_time_ms: int | None = None
    gap_ms: int | None = None  #: behind the winner
    laps_down: int | None = None
    status: str = "finished"
    status_text: str = ""  #: as the file words it
    incidents: int | None = None
    lap_times: list[ParsedLap] = field(default_factory=list)

    def best_lap_of(self, driver: ParsedDriver) -> int | None:
        """The driver's own best lap; who drove alone set the entry's."""
        return driver.best_lap_ms if driver.best_lap_ms or len(self.drivers) > 1 else self.best_lap_ms


class ParsedSession(_Said):
    """A session of an event; `kind` is one of sim.models.Session.Kind's values, `number` orders those of one event.

    `stage` and `racing` are of sim.models.Session.Stage's and Racing's values. `clock` is the start as the file words
    it, in its server's own time, whatever zone that was.
    """

    kind: str
    number: int
    name: str
    entries: list[ParsedEntry]
    started_at: datetime | None = None
    wet: bool | None = None
    stage: str = ""
    clock: datetime | None = None
    racing: str = ""


class ParsedEvent(_Said):
    """A file's event. `platform_id` is the platform's own id; `weekend` joins files of one event without one.

    Neither is there for a server without a name, which may be anyone's: see results.events.
    """

    simulator: str  #: slug, see sim.identity.platforms
    name: str
    track: str
    layout: str
    sessions: list[ParsedSession]
    platform_id: str = ""
    weekend: str = ""
    series: str = ""
    started_at: datetime | None = None
    by_hand: bool = False  #: whether anybody can have written it: a code in a name proves nothing then
    notes: list[str] = field(default_factory=list)  #: what was odd and how it was read, for the report


class Reader(Protocol):
    """A result format. A new one is one module in `readers/` and one line in `readers/__init__.py`."""

    slug: str
    name: str
    version: int  #: one more with each change that lets it read a file otherwise: see reread_results

    def recognises(self, source: Source) -> bool:
        """Whether the content is of this format, told by the content alone, never by the file's name."""

    def read(self, source: Source) -> list[ParsedEvent]:
        """What the file says, at least one event; raises ResultFileError. Some formats keep the date in its name.

        A file that a server goes on writing to gives each session as an event of its own, with a `weekend` that joins
        them: what is in already is then told session by session.
        """
