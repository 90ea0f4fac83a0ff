"""What stands around every change of a season by its people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from simlane.leagues.access import lock_open
from simlane.leagues.models import Season
from simlane.leagues.seasons import due


@contextmanager
def changing(season: Season) -> Iterator[Season]:
    """One transaction that changes the season, its rounds, tables, classes or entries; its standings follow.

    Gives the season as it is now, locked: changes go one after the other, and none while standings are being made.
    Raises Refused when the league is archived.
    """
    with transaction.atomic():
        lock_open(season.league)
        yield Season.objects.select_for_update(no_key=True).get(pk=season.pk)
        due.note([season.pk])
