"""What a file says of a session, with the rulings that stand: a function of both and of nothing else.

In which order rulings were given is of no consequence but where two of them say otherwise of one thing: then the
later one counts, and of positions lost the earlier one is served first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from simlane.results.models import Ruling
from simlane.results.parsed import ParsedDriver, ParsedEntry, ParsedLap, ParsedSession
from simlane.results.readers import laps
from simlane.results.rulings.fitting import NoFitError, Target, find
from simlane.results.rulings.ranking import Car, behind_first, classify, first_of
from simlane.sim.models import Entry, Session
from simlane.sim.ownership.code_text import without_codes

Kind = Ruling.Kind
NOT_A_RACE = "Only in a race is time added: delete a lap, or take positions."
NO_TIME = "These results give no time of it: take positions instead."
NO_LAP = "These results have no such lap of it."
NO_SEAT = "Nobody drove in that seat of it."
#: What of an entry its drivers are told of when it changes.
_TOLD = ("position", "class_position", "status", "total_time_ms", "best_lap_ms")


@dataclass(frozen=True, slots=True)
class Effect:
    """A ruling that stands, as it is applied: `key` is the ruling's, by which they were given."""

    key: int
    kind: str
    target: Target
    value: int | None = None
    driver_name: str = ""
    driver_identifier: str = ""

    @classmethod
    def of(cls, ruling: Ruling) -> Effect:
        target = Target.read(ruling.target)
        return cls(ruling.pk, ruling.kind, target, ruling.value, ruling.driver_name, ruling.driver_identifier)


@dataclass(slots=True)
class Outcome:
    """A session after rulings: `rows` are its entries' places in the file, `fits` and `problems` are by ruling.

    `fits` has the place in the file of the entry that each ruling is about.
    """

    session: ParsedSession
    rows: list[int]
    fits: dict[int, int] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)

    def by_row(self) -> dict[int, ParsedEntry]:
        """The entries that are left, by their places in the file."""
        return dict(zip(self.rows, self.session.entries, strict=True))

    def changed_since(self, before: Outcome) -> set[int]:
        """The places in the file of the entries whose drivers have another result now."""
        old, new = before.by_row(), self.by_row()
        return {row for row in old | new if _shown(old.get(row)) != _shown(new.get(row))}


def apply(session: ParsedSession, effects: Iterable[Effect]) -> Outcome:
    """The session with these rulings. It stays as it is: what they change is a copy."""
    outcome = Outcome(session, list(range(len(session.entries))))
    fitting: list[tuple[Effect, int]] = []
    for effect in effects:
        try:
            outcome.fits[effect.key] = row = fit(session, effect)
        except NoFitError as problem:
            outcome.problems[effect.key] = str(problem)
        else:
            fitting.append((effect, row))
    if fitting:
        cars = [Car(row, _copy(entry), entry.best_lap_ms) for row, entry in enumerate(session.entries)]
        for effect, row in sorted(fitting, key=lambda each: each[0].key):
            _take(effect, cars[row])
        listed = classify(cars, race=session.kind == Session.Kind.RACE)
        outcome.session = replace(session, entries=[car.entry for car in listed])
        outcome.rows = [car.row for car in listed]
    return outcome


def fit(session: ParsedSession, effect: Effect) -> int:
    """The row of the entry that the ruling is about; raises NoFitError where it cannot be carried out."""
    row = find(effect.target, session.entries)
    entry, value = session.entries[row], effect.value or 0
    if effect.kind == Kind.TIME:
        first = first_of(session.entries)
        if session.kind != Session.Kind.RACE:
            raise NoFitError(NOT_A_RACE)
        if first is None or behind_first(entry, first) is None:
            raise NoFitError(NO_TIME)
    elif effect.kind == Kind.LAP and _lap(entry, value) is None:
        raise NoFitError(NO_LAP)
    elif effect.kind == Kind.DRIVER and value >= len(entry.drivers):
        raise NoFitError(NO_SEAT)
    return row


def _copy(entry: ParsedEntry) -> ParsedEntry:
    return replace(entry, drivers=[replace(driver) for driver in entry.drivers])


def _lap(entry: ParsedEntry, number: int) -> ParsedLap | None:
    return next((lap for lap in entry.lap_times if lap.number == number), None)


def _take(effect: Effect, car: Car) -> None:
    """Notes what the ruling does with the car; what concerns it alone is done at once."""
    value = effect.value or 0
    if effect.kind == Kind.DISQUALIFIED:
        car.disqualified = True
        car.entry.status = Entry.Status.DSQ
    elif effect.kind == Kind.REMOVED:
        car.removed = True
    elif effect.kind == Kind.TIME:
        car.added_ms += value
    elif effect.kind == Kind.PLACES:
        car.dropped.append((effect.key, value))
    elif effect.kind == Kind.LAP:
        _delete_lap(car.entry, value)
    elif effect.kind == Kind.DRIVER:
        _reassign(car.entry, value, effect)


def _delete_lap(entry: ParsedEntry, number: int) -> None:
    """The lap stays driven, and its time counts no more: the best lap is the best of those that are left."""
    deleted = _lap(entry, number)
    if deleted is None or not deleted.valid:
        return
    entry.lap_times = [replace(lap, valid=False) if lap is deleted else lap for lap in entry.lap_times]
    if deleted.time_ms is None:
        return
    if entry.best_lap_ms == deleted.time_ms:
        entry.best_lap_ms = laps.best(entry.lap_times)
    for seat, driver in enumerate(entry.drivers):
        if seat == deleted.driver and driver.best_lap_ms == deleted.time_ms:
            driver.best_lap_ms = laps.best(lap for lap in entry.lap_times if lap.driver == seat)


def _reassign(entry: ParsedEntry, seat: int, effect: Effect) -> None:
    """Another driver has what was driven; ratings and licenses were somebody else's.

    No code in a name of the entry proves anything: the file did not say that this driver had it.
    """
    was = entry.drivers[seat]
    entry.drivers[seat] = ParsedDriver(
        without_codes(effect.driver_name),
        effect.driver_identifier or None,
        best_lap_ms=was.best_lap_ms,
        laps=was.laps,
        incidents=was.incidents,
    )
    entry.team_name = without_codes(entry.team_name)


def _shown(entry: ParsedEntry | None) -> Sequence[object] | None:
    if entry is None:
        return None
    drivers = [(driver.identifier, driver.name, driver.best_lap_ms) for driver in entry.drivers]
    return [*(getattr(entry, name) for name in _TOLD), drivers]
