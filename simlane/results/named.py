"""Whose a drive is that a file alone does not say: by a name's tie in a league, and by decision not a profile's.

In a league a name without a platform's id is a driver of that league (LeagueDriver), and counts for the profile that an
organiser tied it to. A file's own id goes before a tie, and a decision that somebody did not drive before both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from simlane.results.models import Detachment
from simlane.sim.database import bulk
from simlane.sim.identity.names import name_key
from simlane.sim.models import LeagueDriver
from simlane.sim.ownership.code_text import without_codes

if TYPE_CHECKING:
    from simlane.results.entries import Drive
    from simlane.results.parsed import ParsedDriver, ParsedEntry

#: A league, a simulator, a folded name.
Name = tuple[int, int, str]
#: The place of a driver among the drives: the session's, the entry's in it, the seat.
Place = tuple[int, int, int]


class Named(NamedTuple):
    """Whose a drive is: the identifier of the profile that it counts for, and the driver of the league by name."""

    identifier: str | None
    league_driver: int | None


def named(drives: Sequence[Drive]) -> dict[Place, Named]:
    """The drivers of these sessions of whom the file alone does not tell; makes drivers of leagues that are missing.

    Call it under the import's lock: ties and decisions wait until the sessions are stored.
    """
    detached = _detached({drive.session.event_id for drive in drives})
    found: dict[Place, Named] = {}
    names: dict[Place, tuple[Name, str, str]] = {}
    for place, drive, entry, driver in _drivers(drives, detached):
        identifier = driver.identifier
        if identifier and not _is_detached(detached, drive, identifier):
            continue
        if identifier:
            found[place] = Named(None, None)
        league, plain = drive.session.event.league_id, without_codes(driver.name)
        if league is not None and (folded := name_key(plain)):
            names[place] = ((league, drive.simulator.pk, folded), plain, entry.car_number)
    known = _known(names.values())
    for place, (name, _, car_number) in names.items():
        of_number = known[name]
        key, identifier = of_number.get(car_number) or of_number[""]
        if identifier and _is_detached(detached, drives[place[0]], identifier):
            identifier = None
        found[place] = Named(identifier, key)
    return found


def _drivers(
    drives: Sequence[Drive], detached: Collection[int]
) -> Iterable[tuple[Place, Drive, ParsedEntry, ParsedDriver]]:
    """Those of whom something may be decided."""
    for index, drive in enumerate(drives):
        event = drive.session.event
        if event.league_id is None and event.pk not in detached:
            continue
        for row, entry in enumerate(drive.parsed.entries):
            for seat, driver in enumerate(entry.drivers):
                yield (index, row, seat), drive, entry, driver


def _is_detached(detached: dict[int, set[tuple[int | None, str]]], drive: Drive, identifier: str) -> bool:
    decided = detached.get(drive.session.event_id, ())
    return (None, identifier) in decided or (drive.session.number, identifier) in decided


def _detached(events: Collection[int]) -> dict[int, set[tuple[int | None, str]]]:
    """By event, who did not drive in it, or in its session of that number: by each id that leads to the profile."""
    found: dict[int, set[tuple[int | None, str]]] = {}
    rows = Detachment.objects.filter(event__in=events, undone_at=None)
    for ids in ("profile__profile_identifier", "profile__merged__profile_identifier"):
        for event, number, identifier in rows.values_list("event", "number", ids):
            if identifier is not None:
                found.setdefault(event, set()).add((number, identifier))
    return found


def _known(names: Iterable[tuple[Name, str, str]]) -> dict[Name, dict[str, tuple[int, str | None]]]:
    """Each name's drivers by the car number that sets one apart, with the identifiers of profiles they are tied to."""
    written: dict[Name, str] = {}
    for name, plain, _ in names:
        written.setdefault(name, plain)
    found = _stored(written)
    if missing := written.keys() - found.keys():
        LeagueDriver.objects.bulk_create(
            LeagueDriver(league_id=name[0], simulator_id=name[1], folded=name[2], name=written[name])
            for name in sorted(missing)
        )
        found |= _stored(missing)
    return found


def _stored(names: Collection[Name]) -> dict[Name, dict[str, tuple[int, str | None]]]:
    found: dict[Name, dict[str, tuple[int, str | None]]] = {}
    leagues = {league for league, *_ in names}
    for chunk in bulk.chunks(sorted({folded for *_, folded in names})):
        rows = LeagueDriver.objects.filter(league__in=leagues, folded__in=chunk).values_list(
            "league", "simulator", "folded", "car_number", "pk", "profile__profile_identifier"
        )
        for league, simulator, folded, car_number, key, identifier in rows:
            found.setdefault((league, simulator, folded), {})[car_number] = (key, identifier)
    return found
