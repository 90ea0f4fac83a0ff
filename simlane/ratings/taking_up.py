"""What has changed, taken up: which races count now, in which order, and from where on each ladder is to be counted.

Call it in a transaction that alone counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from simlane.ratings import counting
from simlane.ratings.driven import Counted, counted_races
from simlane.ratings.models import Ladder, RatedDrive, RatedSession, RatingsDue
from simlane.sim.database import bulk
from simlane.sim.models import EntryDriver, Session
from simlane.sim.models.leagues import counted

#: By ladders the drivers who have lost drives in them; keys as the database has them.
Touched = dict[int, set[Any]]
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_ORDER = ("ladder", "at", "session", "event", "mixture")


def take_up() -> Touched:
    """Brings the races in line with the results, and notes from where on the ladders are due."""
    due = list(RatingsDue.objects.values_list("pk", "event", "profile"))
    if not due:
        return {}
    touched: Touched = {}
    events = {event for _, event, _ in due if event is not None}
    profiles = {profile for _, _, profile in due if profile is not None}
    if any(event is None and profile is None for _, event, profile in due):
        _order_all()
    else:
        for chosen in bulk.chunks(sorted(events)):
            _order(chosen, touched)
        _note_moved(profiles)
    for keys in bulk.chunks([key for key, *_ in due]):
        RatingsDue.objects.filter(pk__in=keys).delete()
    return touched


def _order_all() -> None:
    """All races anew, and all ladders due from their first one on."""
    ladders = _Ladders()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ratings_ratedsession")
    _add(counted_races(), ladders)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM ratings_rateddrive WHERE NOT EXISTS "
            "(SELECT 1 FROM ratings_ratedsession r WHERE r.session_id = ratings_rateddrive.session_id "
            "AND r.ladder_id = ratings_rateddrive.ladder_id)"
        )
    for ladder in Ladder.objects.all():
        first = RatedSession.objects.filter(ladder=ladder).order_by("at", "session_id").first()
        # One without races has no drives any more either: what is left of it goes with its figures.
        ladder.due_at, ladder.due_session = (first.at, first.session_id) if first else (_NEVER, 0)
        ladder.halfway = True
        ladder.save(update_fields=["due_at", "due_session", "halfway"])


def _order(events: Collection[int], touched: Touched) -> None:
    """The races of these events."""
    ladders = _Ladders()
    now = {race.session: race for race in counted_races(events)}
    there = Q(event__in=events) | Q(session__in=now)
    old = {race.session_id: race for race in RatedSession.objects.filter(there)}
    same = {
        key
        for key, race in old.items()
        if key in now and _place(race) == (ladders.of(now[key]), now[key].at, now[key].event)
    }
    for race in old.values():
        ladders.set_due(race.ladder_id, race.at, race.session_id)
    for key, new in now.items():
        ladders.set_due(ladders.of(new), new.at, key)
    gone = [race for key, race in old.items() if key not in same]
    for race in gone:
        # No drives of it stay in a ladder that it may have left.
        touched.setdefault(race.ladder_id, set()).update(counting.forget_drives([race.session_id]))
    RatedSession.objects.filter(pk__in=[race.pk for race in gone]).delete()
    _add((race for key, race in now.items() if key not in same), ladders)


def _note_moved(profiles: Iterable[UUID]) -> None:
    """Ladders are due from the first race whose drive was of another profile when it was counted."""
    sessions: set[int] = set()
    for profile in profiles:
        races = EntryDriver.objects.filter(
            counted("entry__session__event__"), profile=profile, entry__session__kind=Session.Kind.RACE
        )
        driven = set(races.order_by().values_list("entry__session", flat=True))
        sessions |= driven ^ set(RatedDrive.objects.filter(profile=profile).values_list("session", flat=True))
    ladders = _Ladders()
    for chosen in bulk.chunks(sorted(sessions)):
        for race in RatedSession.objects.filter(session__in=chosen):
            ladders.set_due(race.ladder_id, race.at, race.session_id)


def _place(race: RatedSession) -> tuple[int, datetime, int]:
    return race.ladder_id, race.at, race.event_id


def _add(races: Iterable[Counted], ladders: _Ladders) -> None:
    stored = bulk.adapter()
    rows = [(ladders.of(race), stored(race.at), race.session, race.event, b"") for race in races]
    bulk.insert(RatedSession, _ORDER, rows)


class _Ladders:
    """The ladders that are there, and those that races ask for."""

    def __init__(self) -> None:
        self._rows = {row.pk: row for row in Ladder.objects.all()}
        self._keys = {(row.simulator_id, str(row.kind)): row.pk for row in self._rows.values()}

    def of(self, race: Counted) -> int:
        key = self._keys.get((race.simulator, str(race.kind)))
        if key is None:
            row = Ladder.objects.create(simulator_id=race.simulator, kind=race.kind)
            self._rows[row.pk] = row
            key = self._keys[race.simulator, str(race.kind)] = row.pk
        return key

    def set_due(self, key: int, at: datetime, session: int) -> None:
        counting.set_due(self._rows[key], at, session)
