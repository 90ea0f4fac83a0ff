"""What an import would do with files, found out by reading: no lock is taken and nothing is written.

So it keeps nobody waiting, and no import keeps it. It remembers what the files before would have brought
in by then, which the database cannot tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from simlane.results import crowds, events, storing, versions
from simlane.results.bounds import see_to_room
from simlane.results.crowds import Crowd
from simlane.results.incoming import ReadFile
from simlane.results.matching import pair
from simlane.results.parsed import ParsedSession
from simlane.results.profiles import Identity
from simlane.results.scopes import scopes_of
from simlane.results.seen import Seen, Sorted
from simlane.results.source import ResultFileError
from simlane.sim.database import bulk
from simlane.sim.errors import Refused
from simlane.sim.models import Session, SimProfile

#: A session that would stand: its kind, its name, and who drove in it.
Stood = tuple[str, str, Crowd]


class Timed(NamedTuple):
    """When a session was."""

    started_at: datetime | None
    clock: datetime | None


class Preview:
    """What a run of files would do, one batch after the other; with `replace` they are corrections."""

    def __init__(self, *, replace: bool) -> None:
        self._replace = replace
        self._known = Seen()
        #: Sessions of files without a number, which one without a time may be of: simulator, weekend and kind.
        self._times: list[tuple[tuple[str, str, str], Crowd, Timed]] = []
        #: By simulator and the platform's own number: what would stand there, where these files change it.
        self._standing: dict[tuple[str, str], list[Stood]] = {}
        self._made: set[Identity] = set()

    def look(
        self, batch: Sequence[ReadFile], counts: Counter[str]
    ) -> tuple[Sorted[ReadFile], list[tuple[ReadFile, ResultFileError]]]:
        """How an import would tell the files apart, and which it would refuse; `counts` grows by what would come in.

        Raises ResultFileError where it would refuse the batch for one of its files.
        """
        found = self._known.sort(batch)
        counts["events"] += self._new_events(found.fresh)
        refused = [*found.withheld, *([] if self._replace else found.conflicts)]
        coming = list(found.fresh)
        for item in found.fresh:
            if item.event.platform_id:
                self._standing[_number(item)] = [_stood(session) for session in item.event.sessions]
        for item, _ in found.conflicts if self._replace else ():
            try:
                self._take_place(item)
            except Refused as refusal:
                refused.append((item, ResultFileError(str(refusal))))
            else:
                coming.append(item)
        self._known.add(coming)
        if self._replace:
            self._times += [
                (place, drove, Timed(each.started_at, each.clock)) for place, drove, each in _places(coming)
            ]
        counts.update(_counted(coming))
        new = self._new_profiles(coming)
        counts["profiles"] += new
        for league, scope in scopes_of(item.league_id for item in coming).items():
            if new and scope.new == league:
                see_to_room(league, len(self._made))
        return found, refused

    def _new_events(self, fresh: Sequence[ReadFile]) -> int:
        ordered = sorted(fresh, key=lambda item: storing.driven_at(item.event))
        simulators = storing.simulators_of(item.event.simulator for item in fresh)
        return len(events.choose(ordered, simulators, {}, datetime.now(UTC)).new)

    def _new_profiles(self, coming: Iterable[ReadFile]) -> int:
        simulators = storing.simulators_of(item.event.simulator for item in coming)
        seen: dict[int, set[str]] = {}
        for item in coming:
            for session in item.event.sessions:
                drivers = (driver for entry in session.entries for driver in entry.drivers if driver.identifier)
                seen.setdefault(simulators[item.event.simulator].pk, set()).update(
                    driver.identifier for driver in drivers if driver.identifier
                )
        made: set[Identity] = set()
        for simulator, identifiers in seen.items():
            for chunk in bulk.chunks(sorted(identifiers)):
                there = SimProfile.objects.filter(simulator=simulator, profile_identifier__in=chunk)
                missing = set(chunk).difference(there.values_list("profile_identifier", flat=True))
                made |= {(simulator, identifier) for identifier in missing}
        new = made - self._made
        self._made |= made
        return len(new)

    def _take_place(self, item: ReadFile) -> None:
        """Notes that a correction would stand; raises Refused where it could not take the place."""
        number = _number(item)
        if item.event.platform_id and (standing := self._standing.get(number)) is not None:
            names = [(key, kind, name) for key, (kind, name, _) in enumerate(standing)]
            there, unclear = pair(item.event, names, lambda keys: {key: standing[key][2] for key in keys})
            if unclear:
                raise Refused(versions.UNCLEAR)
            left = [each for key, each in enumerate(standing) if key not in there.values()]
        else:
            event, there, _ = versions.place_for(item)
            if event is None:
                self._keep_time(item)
            if not item.event.platform_id:
                return
            rows = Session.objects.filter(event=event).exclude(pk__in=there.values()).values_list("pk", "kind", "name")
            drove = crowds.of_sessions(key for key, *_ in rows)
            left = [(kind, name, drove.get(key, frozenset())) for key, kind, name in rows]
        self._standing[number] = [*left, *map(_stood, item.event.sessions)]

    def _keep_time(self, item: ReadFile) -> None:
        """A file without a time would have that of one of this run, which is known as known.standing knows it."""
        there: dict[int, int] = {}
        for index, (place, drove, _) in enumerate(_places([item])):
            for key, (before, crowd, _) in enumerate(self._times):
                if before == place and crowds.is_mostly(crowd, drove):
                    there[index] = key
        sessions = {key: self._times[key][2] for key in there.values()}
        versions.keep_time(item.event, there, sessions)


def _number(item: ReadFile) -> tuple[str, str]:
    return item.event.simulator, item.event.platform_id


def _places(items: Iterable[ReadFile]) -> Iterator[tuple[tuple[str, str, str], Crowd, ParsedSession]]:
    for item in items:
        for session in item.event.sessions if not item.event.platform_id else ():
            place = (item.event.simulator, events.weekend_of(item.event), session.kind)
            yield place, crowds.of_file(session), session


def _stood(session: ParsedSession) -> Stood:
    return session.kind, session.name[:100], crowds.of_file(session)


def _counted(items: Iterable[ReadFile]) -> Counter[str]:
    """What storing the files would add, by kind."""
    sessions = [session for item in items for session in item.event.sessions]
    entries = [entry for session in sessions for entry in session.entries]
    drivers = [driver for entry in entries for driver in entry.drivers]
    named = [driver for driver in drivers if not driver.identifier]
    return Counter(
        sessions=len(sessions),
        entries=len(entries),
        drivers=len(drivers),
        laps=sum(len(entry.lap_times) for entry in entries),
        name_only=len(named),
        impossible_id=sum(bool(driver.given_id) for driver in named),
    )
