"""Finds the events of planned rounds by track and date, and gives their races the points tables that are for them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef

from simlane.leagues.models import PointsTable, Round, RoundRace, Season
from simlane.sim.identity.names import fold
from simlane.sim.models import Event, Session, Track

#: An event is a round's when it started no further from the planned start.
NEAR = timedelta(hours=24)

For = PointsTable.CountsFor


def settle(season: Season) -> None:
    """Finds the events of rounds that wait for one, and gives races their tables; the season's row must be locked."""
    rounds = list(season.rounds.filter(cancelled=False).select_related("track", "event"))
    if season.state != Season.State.FINAL:
        _find_events(season, [each for each in rounds if _waits(each)])
    _give_tables(season, [each for each in rounds if each.event_id])


def _waits(planned: Round) -> bool:
    """Whether the round looks for an event: it has none, or one of which nothing stands."""
    is_free = planned.event is None or planned.event.withdrawn_at is not None
    return planned.finds_event and planned.starts_at is not None and is_free


def _find_events(season: Season, waiting: Iterable[Round]) -> None:
    """Gives each round the event that is nearest to it, nearest pairs first, of those on its track within a day."""
    by_key = {each.pk: (each, each.starts_at) for each in waiting if each.starts_at}
    if not by_key:
        return
    starts = [start for _, start in by_key.values()]
    events = _free_events(season, min(starts) - NEAR, max(starts) + NEAR)
    pairs = sorted(
        (abs(event.starts_at - start), each.number, each.pk, event.pk)
        for each, start in by_key.values()
        for event in events
        if event.starts_at and abs(event.starts_at - start) <= NEAR and _is_on(each, event.track)
    )
    taken: set[int] = set()
    for _, _, key, event in pairs:
        if key in by_key and event not in taken:
            taken.add(event)
            if _take(by_key[key][0], event):
                by_key.pop(key)


def _free_events(season: Season, first: datetime, last: datetime) -> list[Event]:
    """Events of the league with a race between these times, of which no round is."""
    races = Session.objects.filter(event=OuterRef("pk"), kind=Session.Kind.RACE)
    events = Event.objects.standing().filter(
        Exists(races),
        league=season.league_id,
        simulator=season.simulator_id,
        round__isnull=True,
        starts_at__range=(first, last),
    )
    return list(events.select_related("track"))


def _take(planned: Round, event: int) -> bool:
    """Makes the event the round's; False when another season has just taken it."""
    try:
        with transaction.atomic():
            RoundRace.objects.filter(round=planned).delete()
            Round.objects.filter(pk=planned.pk).update(event=event)
    except IntegrityError:
        return False
    planned.event_id = event
    return True


def _is_on(planned: Round, track: Track | None) -> bool:
    """Whether the round is planned on this track: on all words that it names; one without a track is anywhere."""
    if planned.track_id is not None:
        return track is not None and planned.track_id == track.pk
    return _words(planned.track_name) <= (_words(str(track)) if track else set())


def _words(name: str) -> set[str]:
    """The words of a track's name: people write “Spa” or “brands_hatch”, files “Circuit de Spa-Francorchamps”."""
    return set(re.split(r"[\W_]+", fold(name))) - {""}


def _give_tables(season: Season, rounds: Iterable[Round]) -> None:
    """Gives the races of these rounds the tables that are for them; what an organiser chose stays."""
    events = {each.event_id: each.pk for each in rounds}
    tables = {each.counts_for: each.pk for each in season.points_tables.all() if each.counts_for}
    kinds = dict(season.points_tables.values_list("pk", "counts_for"))
    sessions: dict[int, dict[int, Session]] = defaultdict(dict)
    for session in Session.objects.filter(event__in=events, kind=Session.Kind.RACE).order_by("number"):
        sessions[events[session.event_id]][session.number] = session
    known: dict[int, dict[int, RoundRace]] = defaultdict(dict)
    for stored in RoundRace.objects.filter(round__in=events.values()):
        known[stored.round_id][stored.session_number] = stored
    new: list[RoundRace] = []
    changed: list[RoundRace] = []
    for key in events.values():
        is_second = False
        for number in sorted({*sessions[key], *known[key]}):
            race = known[key].get(number)
            of_race = sessions[key].get(number)
            if of_race is not None:
                table = _table_for(of_race, tables, is_second=is_second)
                if race is None:
                    new.append(RoundRace(round_id=key, session_number=number, table_id=table))
                elif not race.chosen and race.table_id != table:
                    race.table_id = table
                    changed.append(race)
                is_second = is_second or not (of_race.stage or _is_sprint(of_race))
            elif race is not None and race.table_id is not None:
                # What was withdrawn still was the first race.
                is_second = is_second or kinds[race.table_id] in {For.RACE, For.SECOND}
    RoundRace.objects.bulk_create(new)
    RoundRace.objects.bulk_update(changed, ["table"])


def _table_for(race: Session, tables: Mapping[str, int], *, is_second: bool) -> int | None:
    """The table of a race. A heat without one does not count; any other race is one of “every race”."""
    if race.stage == Session.Stage.HEAT:
        return tables.get(For.HEAT)
    if race.stage == Session.Stage.FEATURE:
        wanted = For.FEATURE
    elif _is_sprint(race):
        wanted = For.SPRINT
    else:
        wanted = For.SECOND if is_second else For.RACE
    return tables.get(wanted, tables.get(For.RACE))


def _is_sprint(race: Session) -> bool:
    return fold(race.name).startswith("sprint")
