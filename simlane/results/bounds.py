"""How many profiles a league that nobody has confirmed may make a day: anybody can write down drivers who are not."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from simlane.results.keeping import NotKeptError
from simlane.results.models import NewProfiles
from simlane.sim.errors import Refused


class TooManyNewError(NotKeptError, Refused):
    """The file would make more new profiles than its league may: it may come in on another day."""


def count_new(league: int, number: int) -> None:
    """Counts new profiles that the league makes today (UTC), in their transaction; raises TooManyNewError."""
    if not number:
        return
    today, most = timezone.now().date(), settings.LEAGUE_NEW_PROFILES
    NewProfiles.objects.get_or_create(league_id=league, defaults={"day": today, "number": 0})
    before = Case(When(day=today, then=F("number")), default=Value(0))
    # One statement looks and counts, so that two imports at once are counted one after the other.
    has_room = Q(day=today, number__lte=most - number) | ~Q(day=today) if number <= most else Q(pk__in=())
    if not NewProfiles.objects.filter(has_room, league=league).update(number=before + number, day=today):
        raise _too_many(league, number)


def see_to_room(league: int, number: int) -> None:
    """Raises TooManyNewError where `count_new` would, and counts nothing."""
    if _made_today(league) + number > settings.LEAGUE_NEW_PROFILES:
        raise _too_many(league, number)


def _made_today(league: int) -> int:
    mine = NewProfiles.objects.filter(league=league, day=timezone.now().date())
    return mine.values_list("number", flat=True).first() or 0


def _too_many(league: int, number: int) -> TooManyNewError:
    most = settings.LEAGUE_NEW_PROFILES
    wait = "Bring it in tomorrow, or ask" if number <= most else "Ask"
    return TooManyNewError(
        f"It has {number:,} drivers who have no profile here yet. A league that is not confirmed may bring in {most:,} "
        f"a day, and has brought in {_made_today(league):,} today (UTC). {wait} the site's staff to confirm the league"
    )
