"""A stage of the log as a session's entries: its `results`, and the laps among its `events`, where they are kept."""

from __future__ import annotations

from typing import Any

from simlane.results.parsed import ParsedDriver, ParsedEntry, ParsedLap
from simlane.results.readers import classification, fields, laps
from simlane.results.readers.ams2 import names
from simlane.results.readers.ams2.crowd import Crowd, car_of, table
from simlane.results.readers.fields import JsonObject, whole
from simlane.results.source import ResultFileError
from simlane.sim.identity.identifiers import IdentifierKind

_STATUS = {"finished": "finished", "retired": "dnf", "dnf": "dnf", "disqualified": "dsq"}


class Stage:
    """The entries of a stage in their final order; raises ResultFileError with the place.

    A driver who left and came back stands there once: with the better result and all laps. Who left before the end is
    on no line of the results, and known by the laps alone.
    """

    def __init__(self, row: JsonObject, crowd: Crowd, *, race: bool, known: bool) -> None:
        self.race = race
        self.notes: list[str] = []
        self._crowd = crowd
        self._known = known
        self._nameless_cars = 0
        self._led: dict[int, int] = {}
        self._has_laps = False
        #: By the driver: a SteamID, else the number joined under, else car and name.
        self._by_driver: dict[str, ParsedEntry] = {}
        self._left: dict[str, ParsedEntry] = {}
        self._rows(row, "results", self._add_result)
        self._rows(row, "events", self._add_event)
        self.entries = self._classified()
        if self._nameless_cars:
            self.notes.append(f"Cars of which the file has only a number: {self._nameless_cars}.")

    def _rows(self, row: JsonObject, key: str, add: Any) -> None:
        for place, (_, each) in enumerate(table(row, key)):
            try:
                add(fields.as_object(each))
            except ResultFileError as error:
                raise error.under(f"{key}[{place}]") from None

    def _add_result(self, row: JsonObject) -> None:
        who, driver = self._driver(row)
        attributes = fields.object_of(row, "attributes")
        try:
            state = fields.text_of(attributes, "State", 100)
            entry = ParsedEntry(
                position=_above_zero(whole(attributes, "RacePosition", low=-1)),
                drivers=[driver],
                laps=whole(attributes, "Lap", low=-1),
                best_lap_ms=fields.time_ms(attributes, "FastestLapTime"),
                total_time_ms=fields.time_ms(attributes, "TotalTime") if self.race else None,
            )
            car = car_of(attributes)
        except ResultFileError as error:
            raise error.under("attributes") from None
        entry.laps = None if entry.laps is not None and entry.laps < 0 else entry.laps
        status = _STATUS.get(state.lower(), "dnf" if state else "finished")
        if self.race or status == "dsq":
            entry.status = status
            entry.status_text = state if status != "finished" else ""
        self._name_car(entry, car if car is not None else self._crowd.cars.get(_ref(row)))
        first = self._by_driver.setdefault(who, entry)
        if first is not entry and _better(entry, first):
            self._by_driver[who] = entry

    def _add_event(self, row: JsonObject) -> None:
        if fields.text_of(row, "event_name") != "Lap":
            return
        who, driver = self._driver(row)
        entry = self._by_driver.get(who) or self._left.get(who)
        if entry is None:
            entry = self._left[who] = ParsedEntry(position=None, drivers=[driver])
            self._name_car(entry, self._crowd.cars.get(_ref(row)))
        attributes = fields.object_of(row, "attributes")
        try:
            time = fields.time_ms(attributes, "LapTime")
            counts = fields.flag(attributes, "CountThisLapTimes") is not False
            first, second, third = (fields.time_ms(attributes, f"Sector{number}Time") for number in (1, 2, 3))
            place = whole(attributes, "RacePosition", low=-1)
        except ResultFileError as error:
            raise error.under("attributes") from None
        self._has_laps = True
        self._led[id(entry)] = self._led.get(id(entry), 0) + (place == 1)
        number = len(entry.lap_times) + 1
        if number > fields.MAX_COUNT:
            raise ResultFileError(f"The driver has more than {fields.MAX_COUNT} laps")
        entry.lap_times.append(ParsedLap(number, 0, time, counts, (first, second, third)))

    def _driver(self, row: JsonObject) -> tuple[str, ParsedDriver]:
        """Who a row is about: what tells the driver from others of the stage, and the driver."""
        ref = _ref(row)
        name = fields.name_of(row, "name") or self._crowd.names.get(ref, "")
        ai = fields.flag(row, "is_player") is False
        given = "" if ai else self._crowd.steam.get(ref, "")
        driver = ParsedDriver(name, *fields.identity(IdentifierKind.STEAM, given))
        if given:
            return given, driver
        # AI drivers share the number of the player whose computer drives them.
        car = whole(row, "participantid", low=-1, high=fields.MAX_MS)
        return (f"{car} {name}" if ai or ref < 0 else f"join {ref}"), driver

    def _name_car(self, entry: ParsedEntry, number: int | None) -> None:
        if number is None:
            return
        entry.car_name, entry.car_class = names.car(number, known=self._known)
        self._nameless_cars += not entry.car_class

    def _classified(self) -> list[ParsedEntry]:
        everyone = [*self._by_driver.values(), *self._left.values()]
        if len(everyone) > fields.MAX_COUNT:
            raise ResultFileError(f"The session has more than {fields.MAX_COUNT} drivers", "results")
        for entry in everyone:
            self._finish(entry)
        listed = list(self._by_driver.values())
        listed.sort(key=lambda entry: (not _drove(entry), classification.rank(entry)))
        ran = [entry for entry in listed if _drove(entry)]
        for entry in listed:
            entry.position = None
        classification.place(ran)
        left = list(self._left.values())
        if left:
            self.notes.append(f"Drivers who left before the end, known by their laps only: {len(left)}.")
        if self.race:
            classification.measure(ran)
            for entry in left:
                entry.status, entry.status_text = "dnf", "Left before the end"
            for entry in listed[len(ran) :]:
                entry.status = "dns" if entry.status == "finished" else entry.status
        return ran + left + listed[len(ran) :]

    def _finish(self, entry: ParsedEntry) -> None:
        """Brings what the laps say to what the results say."""
        if entry.lap_times:
            entry.laps = max(entry.laps or 0, len(entry.lap_times))
            entry.best_lap_ms = entry.best_lap_ms or laps.best(entry.lap_times)
        if self.race and self._has_laps:
            entry.laps_led = self._led.get(id(entry), 0)
        entry.drivers[0].laps = entry.laps
        laps.summarise(entry)


def _ref(row: JsonObject) -> int:
    """The number that the driver joined under; -1 for none."""
    ref = whole(row, "refid", low=-1, high=fields.MAX_MS)
    return -1 if ref is None else ref


def _above_zero(value: int | None) -> int | None:
    return value if value and value > 0 else None


def _drove(entry: ParsedEntry) -> bool:
    return bool(entry.laps or entry.best_lap_ms)


def _better(entry: ParsedEntry, other: ParsedEntry) -> bool:
    return (entry.laps or 0, bool(entry.best_lap_ms)) > (other.laps or 0, bool(other.best_lap_ms))
