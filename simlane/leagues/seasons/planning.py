"""Rounds one by one: adding, changing, moving and removing them. Choosing a round's event is in seasons.rounds."""

from __future__ import annotations

from django.db.models import F, Max

from simlane.leagues.models import Round, Season
from simlane.leagues.seasons.changing import changing
from simlane.sim.errors import Refused

MOST_ROUNDS = 200
#: Where numbers wait that are being changed: no round has one so high.
_ASIDE = 10_000
_PLANNED = ("name", "starts_at", "track", "track_name", "percent", "may_drop", "cancelled")


def next_number(season: Season) -> int:
    """The number after the last round's."""
    return (season.rounds.aggregate(last=Max("number"))["last"] or 0) + 1


def add(planned: Round) -> None:
    """Stores a new round; the one that has its number, and those behind that without a gap, move on by one.

    Raises Refused for one too many, and when the league is archived.
    """
    with changing(planned.season) as season:
        taken = set(season.rounds.values_list("number", flat=True))
        if len(taken) >= MOST_ROUNDS:
            raise Refused(f"A season has {MOST_ROUNDS} rounds at most.")
        last = planned.number
        while last in taken:
            last += 1
        _shift(season, planned.number, last - 1, 1)
        planned.save(force_insert=True)


def change(planned: Round, number: int) -> None:
    """Stores a round that was changed, and gives it this number; rounds in between move by one towards its old one.

    Raises Refused when it has been removed meanwhile, and when the league is archived.
    """
    with changing(planned.season) as season:
        before = season.rounds.filter(pk=planned.pk).values_list("number", flat=True).first()
        if before is None:
            raise Refused("This round has been removed meanwhile.")
        if number != before:
            others = season.rounds.exclude(pk=planned.pk)
            season.rounds.filter(pk=planned.pk).update(number=2 * _ASIDE)
            if others.filter(number=number).exists():
                if number < before:
                    _shift(season, number, before - 1, 1)
                else:
                    _shift(season, before + 1, number, -1)
            season.rounds.filter(pk=planned.pk).update(number=number)
        planned.number = number
        planned.save(update_fields=_PLANNED)


def remove(planned: Round) -> None:
    """Takes a round out of the season. Raises Refused where it has an event, and when the league is archived."""
    with changing(planned.season) as season:
        if season.rounds.filter(pk=planned.pk, event__isnull=False).exists():
            raise Refused("This round has results: choose no event for it first, or mark it as cancelled.")
        season.rounds.filter(pk=planned.pk).delete()


def _shift(season: Season, first: int, last: int, by: int) -> None:
    """Moves the numbers from the first to the last; by way of others, since no two rounds have the same one."""
    season.rounds.filter(number__range=(first, last)).update(number=F("number") + _ASIDE)
    season.rounds.filter(number__range=(first + _ASIDE, last + _ASIDE)).update(number=F("number") - _ASIDE + by)
