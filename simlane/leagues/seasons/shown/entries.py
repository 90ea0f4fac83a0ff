"""A season's entry list as it is shown: each class by itself, by number."""

from __future__ import annotations

import re
from collections.abc import Sequence

from simlane.leagues.models import Season, SeasonClass, SeasonEntry


def entry_list(season: Season, classes: Sequence[SeasonClass]) -> list[tuple[str, list[SeasonEntry]]]:
    """The names of the season's classes and who is entered in each, then who is in none; in one statement."""
    entries = sorted(SeasonEntry.objects.filter(season=season).select_related("team"), key=by_number)
    by_class = [
        (
            each.name if each else "",
            [entry for entry in entries if entry.season_class_id == (each.pk if each else None)],
        )
        for each in (*classes, None)
    ]
    return [(name, found) for name, found in by_class if found]


def by_number(entry: SeasonEntry) -> tuple[int, str, str]:
    """As people order numbers: 2 before 10, 007 beside 7, and who has none last."""
    digits = re.search(r"\d{1,20}", entry.number)
    return (int(digits[0]) if digits else 10**20, entry.number, entry.folded)
