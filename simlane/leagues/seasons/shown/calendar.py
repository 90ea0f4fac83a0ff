"""A season's calendar as it is shown: what became of each round, and which one is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

from simlane.leagues.models import Round, Season
from simlane.leagues.seasons.calendar import zone_of
from simlane.profiles.addresses import of_event
from simlane.sim.models import Event

#: What rounds give other than all of the points, in words.
SHARES = {50: "Half points", 200: "Double points"}


@dataclass(frozen=True, slots=True)
class ShownRound:
    """A round with the event that it became: one of its league on its simulator, of which something stands.

    `state` is `planned`, `raced`, `cancelled`, or `waiting` when it should have been raced by now; `zone` is where its
    league's clocks stand.
    """

    planned: Round
    event: Event | None
    state: str
    zone: tzinfo

    @property
    def name(self) -> str:
        """Its own name, or the track's, or its number."""
        return self.planned.name or self.place or f"Round {self.planned.number}"

    @property
    def place(self) -> str:
        """Where it is raced, as far as that is known."""
        if self.planned.track:
            return str(self.planned.track)
        if self.planned.track_name:
            return self.planned.track_name
        return str(self.event.track) if self.event and self.event.track else ""

    @property
    def starts_at(self) -> datetime | None:
        """When it was raced, or else is planned to be."""
        return (self.event.starts_at if self.event else None) or self.planned.starts_at

    @property
    def day_or_start(self) -> date | None:
        """For a visitor: planned without a time, which is midnight where its league is, it is a day in every zone."""
        at = self.starts_at
        here = at.astimezone(self.zone) if at and at == self.planned.starts_at else None
        return here.date() if here and here.time() == time() else at

    @property
    def url(self) -> str | None:
        """Its event's page."""
        return of_event(self.event) if self.event else None

    @property
    def share(self) -> str:
        """Which part of the points it gives, where that is not all of them."""
        percent = self.planned.percent
        return "" if percent == 100 else SHARES.get(percent, f"{percent}% of the points")


def calendar(season: Season, now: datetime) -> list[ShownRound]:
    """The season's rounds by number, in one statement."""
    rounds = Round.objects.filter(season=season).select_related("track", "event__track").order_by("number")
    return [shown(each, season, now) for each in rounds]


def shown(planned: Round, season: Season, now: datetime) -> ShownRound:
    """A round of this season, with its event read."""
    event = planned.event
    # As standings read it.
    if event and (
        event.withdrawn_at or (event.league_id, event.simulator_id) != (season.league_id, season.simulator_id)
    ):
        event = None
    if planned.cancelled:
        state = "cancelled"
    elif event:
        state = "raced"
    else:
        state = "waiting" if planned.starts_at and planned.starts_at < now else "planned"
    return ShownRound(planned, event, state, zone_of(season))


def next_round(rounds: Sequence[ShownRound]) -> ShownRound | None:
    """The round that is to be raced next: the earliest planned start to come, or else the first without a date."""
    planned = [each for each in rounds if each.state == "planned"]
    dated = [(each.planned.starts_at, each.planned.number, each) for each in planned if each.planned.starts_at]
    undated = [each for each in planned if each.planned.starts_at is None]
    return min(dated)[2] if dated else next(iter(undated), None)
