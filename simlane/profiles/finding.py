"""What a search finds beside drivers: leagues, events, tracks, cars, teams. A room above registers its own groups.

Each group reads a few rows more than it shows of what a visitor may see, and counts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from operator import and_
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.urls import reverse

from simlane.profiles.places import by_slug, driven, raced_on
from simlane.sim.identity.names import fold
from simlane.sim.models import Event, Simulator
from simlane.sim.models.leagues import counted
from simlane.sim.search.query import MAX_WORDS
from simlane.sim.search.spelling import latin

SHOWN = 5
#: Events are looked for among so many of the newest.
NEWEST_EVENTS = 2000
#: A word shorter than this says nothing of an event or a league.
SHORTEST = 2
#: A word stands for another one from this likeness on, as difflib counts it: two letters in eight may be others.
ALIKE = 0.75
#: So many names of a kind are looked through for words that are like the query's.
MOST_NAMES = 5000


@dataclass(frozen=True, slots=True)
class Thing:
    """One that was found: its name, its page, and what tells it from others of its name."""

    name: str
    url: str
    note: str


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind; `all_url` leads to all, where a list can be asked for them."""

    label: str
    things: list[Thing]
    more: bool
    all_url: str = ""


#: Makes a group of the words of a query and the chosen simulator, or nothing.
Find = Callable[[Sequence[str], Simulator | None], Group | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is looked for beside drivers; `names` are the texts that hold its words, of what anybody may see."""

    find: Find
    names: Callable[[], QuerySet[Any, Any]]


def holding(field: str, words: Sequence[str]) -> Q:
    """Rows whose `field` holds every word, as typed or in Latin letters."""
    return reduce(
        and_, (Q(**{f"{field}__icontains": word}) | Q(**{f"{field}__icontains": latin(word)}) for word in words)
    )


def group(label: str, rows: QuerySet[Any], thing: Callable[[Any], Thing], all_url: str = "") -> Group | None:
    """The first rows as a group; None of none."""
    found: list[Model] = list(rows[: SHOWN + 1])
    if not found:
        return None
    return Group(label, [thing(row) for row in found[:SHOWN]], len(found) > SHOWN, all_url)


def _newest(simulator: Simulator | None = None) -> QuerySet[Event]:
    newest = Event.objects.standing().filter(counted())
    if simulator:
        newest = newest.filter(simulator=simulator)
    return newest.order_by("-listed_at", "-pk")[:NEWEST_EVENTS]


def _events(words: Sequence[str], simulator: Simulator | None) -> Group | None:
    newest = _newest(simulator)
    found = Event.objects.filter(holding("name", words), pk__in=newest.values("pk"))
    rows = found.select_related("simulator", "track").order_by("-listed_at", "-pk")
    return group("Events", rows, lambda row: Thing(row.name, row.get_absolute_url(), f"{row.track or row.simulator}"))


def _places(label: str, name: str, all_rows: Callable[[], QuerySet[Any]]) -> Kind:
    def find(words: Sequence[str], simulator: Simulator | None) -> Group | None:
        rows = by_slug(all_rows(), words)
        asked = {"q": " ".join(words)}
        if simulator:
            rows = rows.filter(simulator=simulator)
            asked["sim"] = simulator.slug
        return group(
            label,
            rows.order_by("name", "pk"),
            lambda row: Thing(str(row), row.get_absolute_url(), row.simulator.name),
            f"{reverse(name)}?{urlencode(asked)}",
        )

    return Kind(find, lambda: all_rows().values_list("slug", flat=True))


#: In the order they are shown, behind the drivers.
GROUPS: dict[str, Kind] = {
    "events": Kind(_events, lambda: _newest().values_list("name", flat=True)),
    "tracks": _places("Tracks", "profiles:tracks", raced_on),
    "cars": _places("Cars", "profiles:cars", driven),
}
ORDER = ("leagues", "events", "tracks", "cars", "teams")


def groups(query: str, simulator: Simulator | None) -> list[Group]:
    """What the query finds beside drivers, kind by kind."""
    words = _words(query)
    return [found for name in ORDER if words and name in GROUPS and (found := GROUPS[name].find(words, simulator))]


def alike(query: str, simulator: Simulator | None) -> list[Group]:
    """The same for a query with a few wrong letters, each word of it taken for the most similar one of the kind."""
    words, found = _words(query), []
    for kind in [GROUPS[name] for name in ORDER if words and name in GROUPS]:
        names = " ".join(kind.names()[:MOST_NAMES])
        known = {latin(word): word for word in fold(names).replace("-", " ").split()}
        meant = [word for typed in words for word in get_close_matches(latin(typed), known, n=1, cutoff=ALIKE)]
        if len(meant) == len(words) and (group := kind.find([known[word] for word in meant], simulator)):
            found.append(group)
    return found


def _words(query: str) -> list[str]:
    words = fold(query).split()[:MAX_WORDS]
    return words if words and max(map(len, words)) >= SHORTEST else []
