"""The classes of a season: adding, changing and removing them."""

from __future__ import annotations

from simlane.leagues.models import SeasonClass
from simlane.leagues.seasons.changing import changing
from simlane.sim.errors import Refused

MOST_CLASSES = 20
TAKEN = "The season has a class of this name already."


def keep(season_class: SeasonClass) -> None:
    """Stores a class, new or changed. Raises Refused for a second of its name, and for one too many."""
    with changing(season_class.season) as season:
        others = season.classes.exclude(pk=season_class.pk)
        if others.filter(name=season_class.name).exists():
            raise Refused(TAKEN)
        if season_class.pk is None and others.count() >= MOST_CLASSES:
            raise Refused(f"A season has {MOST_CLASSES} classes at most.")
        if season_class.pk is not None and not season.classes.filter(pk=season_class.pk).exists():
            raise Refused("This class has been removed meanwhile.")
        season_class.save()


def remove(season_class: SeasonClass) -> None:
    """Takes a class out of the season: its drivers stay on the entry list, in no class."""
    with changing(season_class.season) as season:
        season.classes.filter(pk=season_class.pk).delete()
