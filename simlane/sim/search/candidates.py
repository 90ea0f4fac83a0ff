"""The names that a query may mean, each read through its own index and up to a cap: one statement for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import reduce
from operator import and_
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL

from simlane.sim.models import ProfileName, SimProfile
from simlane.sim.search import accounts, postgresql, sqlite
from simlane.sim.search.accounts import PIECE

#: How many names one index gives at most.
PREFIX_CAP = 100
CONTAINS_CAP = 150
#: How like a known word a mistyped one must be, from 0 to 1, and how many known words may stand for it.
LIKENESS = 0.6
ALTERNATIVES = 4
LAST_CHARACTER = "\U0010ffff"

#: A word of the query, with the known words that it may stand for and how like they are.
Nearest = dict[str, dict[str, float]]


def as_typed(
    profiles: QuerySet[SimProfile], text: str, words: Sequence[str], identifiers: Sequence[str]
) -> list[ProfileName]:
    """Names of profiles with one of these ids, that start with `text`, hold all words, or whose account does."""
    branches = [
        profiles.filter(profile_identifier__in=identifiers).values("names__id")[:PREFIX_CAP],
        _starting(profiles, text),
        # The profile's current name stands for its account.
        profiles.filter(
            accounts.names().condition("linked_user", words), is_verified=True, names__name=F("profile_name")
        ).values("names__id")[:PREFIX_CAP],
    ]
    if pieces := [word for word in words if len(word) >= PIECE]:
        branches.append(_holding(profiles, [[word] for word in pieces]))
    return _names(branches)


def similar(profiles: QuerySet[SimProfile], nearest: Nearest) -> list[ProfileName]:
    """Names that hold a near word for each word of the query."""
    return _names([_holding(profiles, [list(near) for near in nearest.values()])])


def nearest(words: Sequence[str]) -> Nearest:
    """The known words that each of `words` may have been meant for; a word without any is missing."""
    found: dict[str, list[tuple[float, str]]] = {}
    for given, known in _database().near_words(words):
        like = SequenceMatcher(None, given, known, autojunk=False).ratio()
        if like >= LIKENESS:
            found.setdefault(given, []).append((like, known))
    return {
        given: {known: like for like, known in sorted(near, reverse=True)[:ALTERNATIVES]}
        for given, near in found.items()
    }


def _database() -> Any:
    return postgresql if connection.vendor == "postgresql" else sqlite


def _starting(profiles: QuerySet[SimProfile], text: str) -> QuerySet[SimProfile, Any]:
    """Names that start so, in the order of the index of whole names, of which this is a range."""
    range_ = profiles.alias(start=_database().folded_name()).filter(start__gte=text, start__lt=text + LAST_CHARACTER)
    return range_.order_by("start").values("names__id")[:PREFIX_CAP]


def _holding(profiles: QuerySet[SimProfile], alternatives: Sequence[Sequence[str]]) -> QuerySet[SimProfile, Any]:
    """Names that hold one word of each of the `alternatives`."""
    condition: Q = reduce(and_, (_database().holds(words) for words in alternatives))
    return profiles.filter(condition).values("names__id")[:CONTAINS_CAP]


def _names(branches: Sequence[QuerySet[SimProfile, Any]]) -> list[ProfileName]:
    """The names whose ids the branches give, each with its profile and simulator."""
    compiled = [sql for branch in branches if (sql := _compiled(branch)) is not None]
    if not compiled:
        return []
    branches_sql = (f"SELECT * FROM ({sql}) AS branch{number}" for number, (sql, _) in enumerate(compiled))  # noqa: S608
    union = " UNION ".join(branches_sql)
    parameters = [parameter for _, values in compiled for parameter in values]
    return list(
        ProfileName.objects.filter(pk__in=RawSQL(union, parameters))  # noqa: S611 - SQL that Django compiled
        .select_related("profile__simulator", "profile__linked_user")
        .defer("profile__profile_data")
    )


def _compiled(branch: QuerySet[SimProfile, Any]) -> tuple[str, tuple[Any, ...]] | None:
    """The branch's SQL; None where Django knows without asking that it has no rows, as of no ids."""
    try:
        return branch.query.sql_with_params()
    except EmptyResultSet:
        return None
