"""Standings that have to be made anew: noted with what changed, in its transaction, and done by a job after it.

What is noted stays until it is done: a job whose worker died is done by the daily work.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django_tasks import task

from simlane.leagues.models import Round, Season, Standing, StandingsDue
from simlane.leagues.seasons import renewing
from simlane.sim.models import Event
from simlane.sim.shown import only


@task()
def renew(season: int) -> None:
    """The job: makes the season's standings anew, if that is still to be done."""
    renewing.renew_due(season)


def note(seasons: Collection[int]) -> None:
    """Notes that what these seasons' standings are made of has changed; call it in the transaction of the change."""
    with only():
        StandingsDue.objects.bulk_create(StandingsDue(season_id=season) for season in seasons)
    for season in seasons:
        transaction.on_commit(partial(renew.enqueue, season))


def note_events(*, events: Collection[int], **_: Any) -> None:
    """Results of these events have changed: their seasons, and those that may still find a round in them."""
    seasons = set(Round.objects.filter(event__in=events).values_list("season", flat=True))
    leagues = set(Event.objects.filter(pk__in=events, league__isnull=False).values_list("league", flat=True))
    if leagues:
        is_free = Q(event__isnull=True) | Q(event__withdrawn_at__isnull=False)
        waiting = Round.objects.filter(is_free, season=OuterRef("pk"), finds_event=True, cancelled=False)
        of_leagues = Season.objects.filter(Exists(waiting), league__in=leagues)
        seasons.update(of_leagues.exclude(state=Season.State.FINAL).values_list("pk", flat=True))
    note(sorted(seasons))


def note_profiles(*, profiles: Collection[UUID], **_: Any) -> None:
    """Drives have gone from one of these profiles to another."""
    note(sorted(set(Standing.objects.filter(profile__in=profiles).order_by().values_list("season", flat=True))))
