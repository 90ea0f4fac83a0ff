"""Who took part in an event of the log: `members` by the number they joined under, `participants` by their cars."""

from __future__ import annotations

from typing import Any

from simlane.results.readers import fields
from simlane.results.readers.fields import JsonObject, whole
from simlane.results.source import ResultFileError

_MAX_ROWS = fields.MAX_COUNT
_LAST = 10**9  #: behind every key that is a number


def table(row: JsonObject, key: str) -> list[tuple[str, Any]]:
    """A table of the server's script as keys and values, in the order of number keys; empty when there is none.

    Such a table is written as an object, and as a list (whose first key is 1) where its keys count up from 1. An empty
    one may be either.
    """
    value = row.get(key)
    if value is None:
        return []
    if type(value) is list:
        return [(str(place), each) for place, each in enumerate(value, 1)]
    if type(value) is dict:
        return sorted(value.items(), key=lambda pair: int(pair[0]) if _is_number(pair[0]) else _LAST)
    raise fields.wrong_type(value, "a list or an object", key)


def _is_number(key: str) -> bool:
    return key.isdecimal() and key.isascii() and len(key) < 10


class Crowd:
    """The drivers of an event, by the number under which each joined.

    That number (`RefId`) is the join's alone; a car's (`participantid`) goes to another driver once its own has left.
    """

    def __init__(self, event: JsonObject) -> None:
        #: SteamIDs and cars as the file gives them, by the number joined under.
        self.steam: dict[int, str] = {}
        self.cars: dict[int, int] = {}
        self.names: dict[int, str] = {}
        #: Whether participants have SteamIDs, as only Automobilista 2 writes them.
        self.has_ids = False
        for key, add in (("members", self._add_member), ("participants", self._add_participant)):
            rows = table(event, key)
            if len(rows) > _MAX_ROWS:
                raise ResultFileError(f"The event has more than {_MAX_ROWS} {key}", key)
            for name, row in rows:
                try:
                    add(name, fields.as_object(row))
                except ResultFileError as error:
                    raise error.under(f"{key}.{fields.shown(name)}") from None

    def _add_member(self, key: str, row: JsonObject) -> None:
        if not _is_number(key):
            raise ResultFileError("Expected a number that somebody joined under")
        setup = fields.object_of(row, "setup", optional=True)
        try:
            car = car_of(setup)
        except ResultFileError as error:
            raise error.under("setup") from None
        self._note(int(key), fields.text_or_number(row, "steamid", fields.MAX_TEXT), fields.name_of(row, "name"), car)

    def _add_participant(self, _: str, row: JsonObject) -> None:
        ref = whole(row, "RefId", low=-1, high=fields.MAX_MS)
        steam = fields.text_or_number(row, "SteamID", fields.MAX_TEXT)
        self.has_ids = self.has_ids or bool(steam)
        # An AI driver has the number of the player whose computer drives it.
        if ref is not None and ref >= 0 and fields.flag(row, "IsPlayer") is not False:
            self._note(ref, steam, fields.name_of(row, "Name"), car_of(row))

    def _note(self, ref: int, steam: str, name: str, car: int | None) -> None:
        if steam:
            self.steam.setdefault(ref, steam)
        if name:
            self.names.setdefault(ref, name)
        if car is not None:
            # A participant's car is the one that was driven, a member's the one last chosen.
            self.cars[ref] = car


def car_of(row: JsonObject) -> int | None:
    """The number of the car's model, which may be below 0."""
    return whole(row, "VehicleId", low=-fields.MAX_MS - 1, high=fields.MAX_MS)
