"""Among what a file is known and counts: the scope of its event.

The site and all leagues that staff have confirmed share one, since a race counts once, whoever brought it in. A league
that nobody has confirmed is alone in its own: what it brings in keeps nothing out elsewhere. Trust changes only under
the import's lock, so what is said here under that lock stays true until the transaction ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from simlane.sim.models import League
from simlane.sim.models.leagues import SHARED


class Scope(NamedTuple):
    """Where new files of a league, or of the site, belong, and `seen`: where they may be in already, its own first.

    A confirmed league may have events that stayed alone when it was confirmed: see results.doubles.
    """

    new: int
    seen: tuple[int, ...]


def scopes_of(leagues: Iterable[int | None]) -> dict[int | None, Scope]:
    """The scope of each of these leagues; None stands for the site."""
    found: dict[int | None, Scope] = {None: Scope(SHARED, (SHARED,))}
    if known := {league for league in leagues if league is not None}:
        for league, trusted in League.objects.filter(pk__in=known).values_list("pk", "trusted"):
            found[league] = Scope(SHARED, (league, SHARED)) if trusted else Scope(league, (league,))
    return found
