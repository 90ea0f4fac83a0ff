"""The `laps` of an ACC server's result file: the one part that is long, so the loop is kept lean."""

from __future__ import annotations

from typing import Any

from simlane.results.parsed import ParsedEntry, ParsedLap
from simlane.results.readers import fields
from simlane.results.readers.fields import JsonObject
from simlane.results.source import ResultFileError

NO_TIME = 2_147_483_647  #: this or more stands where there is no time

_UNSAID = -1
_NO_SECTORS = (None, None, None)


def add(rows: list[Any], by_car: dict[int, ParsedEntry]) -> tuple[int, int]:
    """Append each lap to the entry of its `carId`, numbered in the file's order; raises ResultFileError.

    Returns how many laps were of no car in `by_car`, and how many of a driver their car does not have. A lap that
    names no driver is the only driver's, if the car has but one.
    """
    unknown_cars = unknown_drivers = 0
    for index, row in enumerate(rows):
        try:
            car_id, seat, time, valid = row["carId"], row["driverIndex"], row["laptime"], row["isValidForBest"]
            splits = row.get("splits")
        except (KeyError, TypeError, IndexError, AttributeError):
            car_id, seat, time, valid, splits = _odd_lap(row, index)
        if type(time) is float:
            time = fields.rounded({"laptime": time}, "laptime")["laptime"]
        if type(car_id) is not int or type(seat) is not int or type(time) is not int or time < 0:
            raise _wrong_lap(row, index)
        if valid is not True and valid is not False:
            valid = _valid(row, index)
        sectors = _NO_SECTORS if splits is None else _sectors(splits, index)
        entry = by_car.get(car_id)
        if entry is None:
            unknown_cars += 1
            continue
        if not 0 <= seat < len(entry.drivers):
            if seat != _UNSAID or len(entry.drivers) > 1:
                unknown_drivers += 1
                continue
            seat = 0
        laps = entry.lap_times
        laps.append(ParsedLap(len(laps) + 1, seat, time if 0 < time < NO_TIME else None, valid, sectors))
    return unknown_cars, unknown_drivers


def leave_out_ghosts(entry: ParsedEntry) -> None:
    """Leave out crew members without a name, a real id and a lap, whom entry lists hold; laps keep their drivers.

    Whoever may have driven alone stays: a car has been driven by somebody.
    """
    drove = {lap.driver for lap in entry.lap_times}
    real = [seat for seat, driver in enumerate(entry.drivers) if driver.name or driver.identifier or seat in drove]
    if len(real) == len(entry.drivers) or (len(entry.drivers) == 1 and entry.laps != 0):
        return
    seats = {seat: place for place, seat in enumerate(real)}
    entry.drivers = [entry.drivers[seat] for seat in real]
    for lap in entry.lap_times:
        lap.driver = seats[lap.driver]
    if len(entry.drivers) == 1 and entry.drivers[0].laps is None:
        entry.drivers[0].laps = entry.laps


def time_of(row: JsonObject, key: str) -> int | None:
    """The field in milliseconds; None for no time, which is NO_TIME or larger, or 0."""
    value = fields.rounded(row, key).get(key)
    if value is None:
        return None
    if type(value) is not int:
        raise fields.wrong_type(value, "a whole number", key)
    if value < 0:
        raise fields.out_of_range(value, 0, NO_TIME, key)
    return value if 0 < value < NO_TIME else None


def _sectors(splits: Any, index: int) -> tuple[int | None, int | None, int | None]:
    """A lap's sectors; a number that cannot be a time (the game writes some below 0) is none."""
    if type(splits) is list and len(splits) == 3:
        first, second, third = splits
        if type(first) is int and type(second) is int and type(third) is int:
            if 0 < first < NO_TIME and 0 < second < NO_TIME and 0 < third < NO_TIME:
                return first, second, third
            return (
                first if 0 < first < NO_TIME else None,
                second if 0 < second < NO_TIME else None,
                third if 0 < third < NO_TIME else None,
            )
    where = f"laps[{index}].splits"
    if type(splits) is not list:
        raise fields.wrong_type(splits, "a list of times", where)
    if any(type(split) is float for split in splits):
        whole = [fields.rounded({"": split}, "")[""] for split in splits]
        if not any(type(split) is float for split in whole):
            return _sectors(whole, index)
    for place, split in enumerate(splits):
        if type(split) is not int:
            raise fields.wrong_type(split, "a whole number", f"{where}[{place}]")
    return _NO_SECTORS  # Not three: nothing says which ones they are.


def _odd_lap(row: Any, index: int) -> tuple[Any, Any, Any, Any, Any]:
    """A lap that lacks fields: without `isValidForBest` it is valid."""
    try:
        row = fields.as_object(row)
    except ResultFileError as error:
        raise error.under(f"laps[{index}]") from None
    return (
        row.get("carId", _UNSAID),
        row.get("driverIndex", _UNSAID),
        row.get("laptime", NO_TIME),
        row.get("isValidForBest", True),
        row.get("splits"),
    )


def _valid(row: JsonObject, index: int) -> bool:
    try:
        valid = fields.flag(row, "isValidForBest")
    except ResultFileError as error:
        raise error.under(f"laps[{index}]") from None
    return valid is not False


def _wrong_lap(row: JsonObject, index: int) -> ResultFileError:
    for key in ("carId", "driverIndex", "laptime"):
        if key in row and type(row[key]) is not int:
            return fields.wrong_type(row[key], "a whole number", f"laps[{index}].{key}")
    return fields.out_of_range(row["laptime"], 0, NO_TIME, f"laps[{index}].laptime")
