"""The integrity check of standings."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef

from simlane.leagues.models import Season, Standing, StandingsDue
from simlane.leagues.seasons.renewing import made
from simlane.sim.integrity import SHOWN, Broken, Check

_FIELDS = [field.attname for field in Standing._meta.concrete_fields if not field.primary_key]


def _astray() -> Broken:
    """Seasons whose stored standings are others than their results give; not those that are being made anew."""
    is_due = Exists(StandingsDue.objects.filter(season=OuterRef("pk")))
    astray = [
        season.pk
        for season in Season.objects.filter(~is_due).order_by("pk")
        if _values(Standing.objects.filter(season=season)) != _values(made(season))
    ]
    return len(astray), astray[:SHOWN]


def _values(rows: Any) -> list[tuple[object, ...]]:
    found = [tuple(getattr(row, name) for name in _FIELDS) for row in rows]
    return sorted(found, key=str)


STANDINGS = Check("standings", "12: a season's standings are what its results give", _astray)
