"""The names that a query may mean, each read through its own index and up to a cap: one statement for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from functools import reduce
from itertools import chain
from operator import and_
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, F, Q, QuerySet, TextField, Value, When

from simlane.sim.models import SimProfile
from simlane.sim.search import accounts, postgresql, sqlite
from simlane.sim.search.accounts import PIECE

#: How many names one index gives at most.
PREFIX_CAP = 100
CONTAINS_CAP = 150
#: How like a known word a mistyped one must be, from 0 to 1, and how many known words may stand for it.
LIKENESS = 0.6
ALTERNATIVES = 4
LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that a query may mean, with what ranking asks of its profile; `id` is the profile's, `key` the name's.

    `account` is what the account of a verified link is called, folded; empty where there is none. `id` and
    `last_active_at` are as the database gives them.
    """

    id: Any
    profile_name: str
    profile_identifier: str
    starts: int
    last_active_at: Any
    key: int
    name: str
    folded: str
    account: str

    @property
    def is_current(self) -> bool:
        """Whether it is the name that its profile shows."""
        return self.name == self.profile_name


#: SQL about the rows of other branches, and its parameters.
Condition = tuple[str, tuple[Any, ...]]
COLUMNS = tuple(field.name for field in fields(Candidate))

#: A word of the query, with the known words that it may stand for and how like they are.
Nearest = dict[str, dict[str, float]]


def as_typed(
    profiles: QuerySet[SimProfile], text: str, words: Sequence[str], identifiers: Sequence[str]
) -> list[Candidate]:
    """Names of profiles with one of these ids, that start with `text`, hold all words, or whose account does.

    Where better names fill their cap, worse ones are not looked for: a word that many names hold costs no more.
    """
    branches = {
        "identified": _cut(profiles.filter(profile_identifier__in=identifiers, names__isnull=False), PREFIX_CAP),
        "starting": _starting(profiles, text),
    }
    found = "(SELECT COUNT(*) FROM starting WHERE SUBSTR(folded || ' ', 1, %s) = %s)"
    first_words = (len(text) + 1, f"{text} ")
    few = {"holding": (f"{found} < %s", (*first_words, PREFIX_CAP))}
    if pieces := [word for word in words if len(word) >= PIECE]:
        holding: Q = reduce(and_, (_database().holds(word) for word in pieces))
        branches["holding"] = _cut(profiles.filter(holding), CONTAINS_CAP)
        found += " + (SELECT COUNT(*) FROM holding)"
    # The profile's current name stands for its account.
    called = Q(accounts.names().condition("linked_user", words), is_verified=True, names__name=F("profile_name"))
    branches["called"] = _cut(profiles.filter(called), PREFIX_CAP)
    few["called"] = (f"{found} < %s", (*first_words, PREFIX_CAP))
    return _names(branches, few)


def similar(profiles: QuerySet[SimProfile], nearest: Nearest) -> list[Candidate]:
    """Names that have a near word for each word of the query."""
    near = [list(words) for words in nearest.values()]
    return _names({"near": _cut(_database().having(profiles, near), CONTAINS_CAP)}, {})


def spelled(
    profiles: QuerySet[SimProfile], words: Sequence[str], others: Mapping[str, Sequence[str]]
) -> list[Candidate]:
    """Names that hold each word, as it is or in one of its other spellings; see spelling.spellings.

    Those of Latin words are whole: there names must have one of them, since all others were found as typed.
    """
    pieces = [[word, *others.get(word, ())] for word in words]
    whole = [list(chain(*others.values()))] if all(word.isascii() for word in others) else []
    rows = _database().having(profiles, whole, pieces)
    return _names({"respelled": _cut(rows, CONTAINS_CAP)}, {})


def known_like(words: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of a word and a known word that is like it, the likest of each."""
    return _database().near_words(words) if words else []


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
    return _cut(range_.order_by("start"), PREFIX_CAP)


def _cut(rows: QuerySet[SimProfile], cap: int) -> QuerySet[SimProfile, Any]:
    """The first rows, each with the columns of a Candidate under its names."""
    named: QuerySet[SimProfile, Any] = rows.annotate(
        key=F("names__id"),
        name=F("names__name"),
        folded=F("names__folded"),
        # Only a verified link makes an account findable (rule 6).
        account=Case(
            When(is_verified=True, then=F(accounts.names().key("linked_user"))),
            default=Value(""),
            output_field=TextField(),
        ),
    ).values(*COLUMNS)
    return named[:cap]


def _names(branches: dict[str, QuerySet[SimProfile, Any]], where: dict[str, Condition]) -> list[Candidate]:
    """The rows of all branches, each once; one in `where` is read only if its condition on those before it holds."""
    named: list[tuple[str, str]] = []
    parameters: list[Any] = []
    for branch, rows in branches.items():
        if (compiled := _compiled(rows)) is None:
            continue
        sql, given = f"SELECT * FROM ({compiled[0]}) AS {branch}_rows", compiled[1]  # noqa: S608
        if branch in where:
            # As a LIMIT, which both databases look at before they read anything.
            sql += f" LIMIT CASE WHEN {where[branch][0]} THEN {CONTAINS_CAP} ELSE 0 END"
            given += where[branch][1]
        named.append((branch, sql))
        parameters += given
    if not named:
        return []
    tables = ", ".join(f"{branch} AS ({sql})" for branch, sql in named)
    union = " UNION ".join(f"SELECT * FROM {branch}" for branch, _ in named)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {tables} {union}", parameters)
        return [Candidate(*row) for row in cursor.fetchall()]


def _compiled(rows: QuerySet[SimProfile, Any]) -> tuple[str, tuple[Any, ...]] | None:
    """The rows' SQL; None where Django knows without asking that there are none, as of no ids."""
    try:
        return rows.query.sql_with_params()
    except EmptyResultSet:
        return None
