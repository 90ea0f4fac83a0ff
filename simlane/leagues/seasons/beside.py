"""The rounds before and after an event in its season, for the event's page."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils import timezone

from simlane.leagues.models import Round, Season
from simlane.leagues.seasons.shown.calendar import ShownRound, shown
from simlane.leagues.seasons.visible import seasons_for
from simlane.sim.models import Event


@dataclass(frozen=True, slots=True)
class Beside:
    """An event's round in its season, and the rounds next to it that are not cancelled."""

    season: Season
    round: ShownRound
    previous: ShownRound | None
    next: ShownRound | None


def rounds_beside(event: Event, user: AbstractBaseUser | AnonymousUser) -> Beside | None:
    """None for an event that is no round of a season which this person may see. One statement, or none."""
    if event.league_id is None:
        return None
    seen = seasons_for(user).filter(league=event.league_id, simulator=event.simulator_id, rounds__event=event)
    found = Round.objects.filter(season__in=seen.values("pk")).select_related("season__league", "track", "event__track")
    rounds = [each for each in found.order_by("number") if not each.cancelled]
    at = next((index for index, each in enumerate(rounds) if each.event_id == event.pk), None)
    if at is None:
        return None
    season, now = rounds[at].season, timezone.now()
    previous, following = rounds[max(0, at - 1) : at], rounds[at + 1 : at + 2]
    return Beside(
        season=season,
        round=shown(rounds[at], season, now),
        previous=shown(previous[0], season, now) if previous else None,
        next=shown(following[0], season, now) if following else None,
    )
