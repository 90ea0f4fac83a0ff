"""A `<Driver>` of an rFactor result file as an entry: one car, its crew, and its laps with the driver of each.

`Laps` and `BestLapTime` are the whole crew's; what each of them drove is counted from the laps.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from simlane.results.parsed import ParsedDriver, ParsedEntry, ParsedLap
from simlane.results.readers import fields, laps, texts
from simlane.results.readers.rfactor.document import Change, Driver, Row, Session, seconds
from simlane.results.source import ResultFileError

_DISQUALIFIED = {"dq", "dsq", "disqualified"}
_MOST_STINTS = 1000
_PIT = {"0": False, "1": True}


class _Stint(NamedTuple):
    """Who drove from this lap on."""

    lap: int
    name: str


def make(driver: Driver, session: Session) -> ParsedEntry | None:
    """The entry; None for a car that is not scored and drove nothing. Raises ResultFileError with the field."""
    values = driver.values
    count = texts.whole(values, "Laps", low=-1)
    rows = _laps(driver)
    if values.get("ServerScored") == "0" and not count and not rows:
        return None
    name = _name(values.get("Name", ""), "Name")
    stints = _stints(driver) or _changes(session.changes, name, driver.rows["Lap"])
    names = list(dict.fromkeys([*(stint.name for stint in stints), name]))
    seats = {each: seat for seat, each in enumerate(names)}
    begun = [stint.lap for stint in stints]
    for row in rows:
        # The stint that began last; before the first, who drove that one.
        driving = stints[max(0, bisect_right(begun, row.number) - 1)].name if stints else name
        row.driver = seats[driving]
    entry = ParsedEntry(
        position=None,
        drivers=[ParsedDriver(each) for each in names],
        car_name=fields.text_of(values, "CarType") or fields.text_of(values, "VehName"),
        car_number=fields.text_of(values, "CarNumber", 20),
        car_class=fields.text_of(values, "CarClass"),
        team_name=fields.text_of(values, "TeamName"),
        grid_position=_or_none(texts.whole(values, "GridPos", low=-1)),
        laps=len(rows) if count is None or count < 0 else count,
        best_lap_ms=_time(values, "BestLapTime"),
        total_time_ms=_time(values, "FinishTime"),
        lap_times=rows,
    )
    if entry.best_lap_ms is None:
        entry.best_lap_ms = laps.best(rows)
    _share(entry)
    entry.status, entry.status_text = _status(driver, entry, session)
    return entry


def is_ai(driver: Driver) -> bool:
    """Whether the computer drove all of it: `isPlayer` alone is 0 for people who left, and for some co-drivers."""
    aids = [row.text for row in driver.rows["ControlAndAids"]]
    if aids:
        return all(text.startswith("AIControl") for text in aids)
    return driver.values.get("isPlayer") == "0" and not driver.rows["Swap"]


def _or_none(value: int | None) -> int | None:
    return value if value and value > 0 else None


def _time(row: dict[str, str], key: str) -> int | None:
    return texts.milliseconds(row.get(key, ""), key)


def _name(text: str, where: str) -> str:
    return fields.name_of({where: text}, where)


def _laps(driver: Driver) -> list[ParsedLap]:
    """The laps by their numbers; of two with one number the first counts."""
    found: dict[int, ParsedLap] = {}
    for index, row in enumerate(driver.rows["Lap"]):
        try:
            number = texts.whole(row.attributes, "num", low=0)
            if not number:
                continue
            time = texts.milliseconds(row.text, "time")
            found.setdefault(
                number, ParsedLap(number, 0, time, True, _sectors(row), _PIT.get(row.attributes.get("pit", "")))
            )
        except ResultFileError as error:
            raise error.under(f"Lap[{index}]") from None
    driven = [found[number] for number in sorted(found)]
    stops = texts.whole(driver.values, "Pitstops", low=-1)
    # The games mark the laps that ended in the pits and no others. A car with more stops than that has laps that lack
    # their mark, and which ones nobody can tell.
    if stops is not None and stops <= sum(lap.pit is True for lap in driven):
        for lap in driven:
            lap.pit = bool(lap.pit)
    return driven


def _sectors(row: Row) -> tuple[int | None, int | None, int | None]:
    attributes = row.attributes
    return _time(attributes, "s1"), _time(attributes, "s2"), _time(attributes, "s3")


def _stints(driver: Driver) -> list[_Stint]:
    """What the `<Swap>` elements say: who drove from which lap on, in order."""
    found = []
    if len(driver.rows["Swap"]) > _MOST_STINTS:
        raise ResultFileError(f"A car has more than {_MOST_STINTS} stints", "Swap")
    for index, row in enumerate(driver.rows["Swap"]):
        try:
            found.append(_Stint(texts.whole(row.attributes, "startLap", low=-1) or 0, _name(row.text, "name")))
        except ResultFileError as error:
            raise error.under(f"Swap[{index}]") from None
    return sorted(found, key=lambda stint: stint.lap)


def _changes(changes: list[Change], name: str, rows: list[Row]) -> list[_Stint]:
    """The stints of the car that `name` drove at the end, from the changes in the session's stream.

    A change is in the lap that had begun by then, and who takes over is the driver of the next one.
    """
    chain: list[Change] = []
    for change in reversed(changes):
        if change.new == (chain[-1].old if chain else name):
            chain.append(change)
    if not chain:
        return []
    numbered = ((seconds(row.attributes.get("et", "")), texts.whole(row.attributes, "num", low=0)) for row in rows)
    begun = sorted((at, number) for at, number in numbered if number)
    starts = [at for at, _ in begun]
    # By the last lap that had begun, whatever their order.
    last = list(accumulate((number for _, number in begun), max, initial=0))
    chain.reverse()
    stints = [_Stint(0, chain[0].old)]
    stints += [_Stint(last[bisect_right(starts, change.at)] + 1, change.new) for change in chain]
    return stints


def _share(entry: ParsedEntry) -> None:
    """Give each of a crew what they drove; who drove alone has the car's laps."""
    if len(entry.drivers) == 1:
        entry.drivers[0].laps = entry.laps
    else:
        laps.summarise(entry)


def _status(driver: Driver, entry: ParsedEntry, session: Session) -> tuple[str, str]:
    """How the drive ended, and as the file words it; `None` in a race is settled when all of it is known."""
    wording, reason = fields.text_of(driver.values, "FinishStatus", 40), fields.text_of(driver.values, "DNFReason", 50)
    said = wording.lower()
    if said == "none":
        wording = ""
    text = f"{wording} ({reason})" if reason and reason != wording else wording
    if said in _DISQUALIFIED:
        return "dsq", text
    if session.kind != "Race" or said.startswith("finished"):
        return "finished", text
    if said == "dnf":
        return "dnf", text
    return ("" if entry.laps else "dns"), text
