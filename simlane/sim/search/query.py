"""Finding a driver: by platform id, by any name raced under, by the names of the account that proved to be the
driver, and by a name spelled nearly so.

Two statements at most. The first reads ids, names that start with the query and names that hold all its words,
each through its own index and up to a cap. Only when it finds nothing, the query's words are compared with the
vocabulary of all names, and the second reads the names that hold the words nearest to them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Collate
from django.dispatch import Signal

from simlane.sim.identity.identifiers import IdentifierKind, normalise_or_none
from simlane.sim.identity.names import fold, letters
from simlane.sim.models import ProfileName, SimProfile, Simulator

MAX_LENGTH = 100
MAX_WORDS = 8
#: How many names one index gives at most; the best of them are shown.
PREFIX_CAP = 100
CONTAINS_CAP = 150
#: How like a known word a mistyped one must be, and how many known words stand in for it.
LIKENESS = 0.6
ALTERNATIVES = 4
#: Three letters are the shortest piece the indexes hold.
PIECE = 3
LAST_CHARACTER = "\U0010ffff"
#: Sent after each search with what may be known of it: `seconds`, `length`, `words`, and the `simulator`'s slug.
searched = Signal()


@dataclass(frozen=True, slots=True)
class Hit:
    """A found profile, and why: `reason` is identifier, name, former, account or similar; `matched_name` the name."""

    profile: SimProfile
    reason: str
    matched_name: str


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, the best first. `similar_only`: nothing matched as typed. `capped`: there may be more than these."""

    hits: list[Hit]
    similar_only: bool = False
    capped: bool = False


def search(profiles: QuerySet[SimProfile], query: str, simulator: Simulator | None = None) -> Found:
    """Finds among `profiles`, which must come from a visibility method; the query is at most MAX_LENGTH long."""
    started = time.perf_counter()
    found = _search(profiles, query, simulator)
    searched.send_robust(
        sender=None,
        seconds=time.perf_counter() - started,
        length=len(query),
        words=len(query.split()),
        simulator=simulator.slug if simulator else "",
    )
    return found


def _search(profiles: QuerySet[SimProfile], query: str, simulator: Simulator | None) -> Found:
    if simulator is not None:
        profiles = profiles.filter(simulator=simulator)
    text = fold(query)
    words = text.split()[:MAX_WORDS]
    if not words:
        return Found([])
    identifiers = {identifier for kind in IdentifierKind if (identifier := normalise_or_none(kind, query)) is not None}
    branches = [
        profiles.filter(profile_identifier__in=sorted(identifiers)).values("names__id")[:PREFIX_CAP],
        _starting(profiles, text),
        _of_accounts(profiles, words),
    ]
    if pieces := [word for word in words if len(word) >= PIECE]:
        holding = reduce(and_, (_holds([word]) for word in pieces))
        branches.append(profiles.filter(holding).values("names__id")[:CONTAINS_CAP])
    names = _names(branches)
    ranked = [
        (_rank(name, text, words, identifiers), name)
        for name in names
        if name.profile.profile_identifier in identifiers
        or all(word in name.folded for word in words)
        or _by_account(name, words)
    ]
    if ranked:
        return Found(_best(ranked), capped=len(names) >= PREFIX_CAP)
    return _similar(profiles, pieces)


def _similar(profiles: QuerySet[SimProfile], words: list[str]) -> Found:
    nearest = _nearest(words) if words else {}
    if len(nearest) < len(set(words)) or not nearest:
        return Found([])
    holding = reduce(and_, (_holds(list(near)) for near in nearest.values()))
    names = _names([profiles.filter(holding).values("names__id")[:CONTAINS_CAP]])
    ranked = []
    for name in names:
        likeness = [
            max((like for known, like in near.items() if known in name.folded), default=0.0)
            for near in nearest.values()
        ]
        # Where two words' alternatives cross, a name may hold only some of them.
        if all(likeness):
            ranked.append(((-round(sum(likeness), 3), *_standing(name), "similar"), name))
    return Found(_best(ranked), similar_only=True, capped=len(names) >= CONTAINS_CAP)


def _names(branches: Sequence[QuerySet[SimProfile, Any]]) -> list[ProfileName]:
    """The names whose ids the branches give, each with its profile and simulator: one statement."""
    compiled = [branch.query.sql_with_params() for branch in branches if not branch.query.is_empty()]
    branches_sql = (f"SELECT * FROM ({sql}) AS branch{number}" for number, (sql, _) in enumerate(compiled))  # noqa: S608
    union = " UNION ".join(branches_sql)
    parameters = [parameter for _, values in compiled for parameter in values]
    return list(
        ProfileName.objects.filter(pk__in=RawSQL(union, parameters))  # noqa: S611 - SQL that Django compiled
        .select_related("profile__simulator", "profile__linked_user")
        .defer("profile__profile_data")
    )


def _starting(profiles: QuerySet[SimProfile], text: str) -> QuerySet[SimProfile, Any]:
    """Names that start so, the shortest first: a range of the index of whole names, read in its own order."""
    folded: Any = F("names__folded")
    if connection.vendor == "postgresql":
        # Byte by byte, as the index is, whatever the database's own collation.
        folded = Collate(folded, "C")
    range_ = profiles.alias(start=folded).filter(start__gte=text, start__lt=text + LAST_CHARACTER)
    return range_.order_by("start").values("names__id")[:PREFIX_CAP]


def _of_accounts(profiles: QuerySet[SimProfile], words: list[str]) -> QuerySet[SimProfile, Any]:
    """The current names of profiles whose account proved itself and is called so (rule 6: no other account)."""
    pieces = [word for word in words if len(word) >= PIECE]
    if pieces and connection.vendor == "sqlite":
        match = " ".join('"' + word.replace('"', '""') + '"' for word in pieces)
        sql = "SELECT rowid FROM users_user_fts WHERE users_user_fts MATCH %s"
        called = Q(linked_user__in=RawSQL(sql, [match]))  # noqa: S611 - the words are a parameter
    elif pieces:
        called = reduce(and_, (Q(linked_user__search_key__contains=word) for word in pieces))
    else:
        called = Q(linked_user__username=" ".join(words))
    current = profiles.filter(called, is_verified=True, names__name=F("profile_name"))
    return current.values("names__id")[:PREFIX_CAP]


def _by_account(name: ProfileName, words: list[str]) -> bool:
    profile = name.profile
    if not profile.is_verified or profile.linked_user is None or name.name != profile.profile_name:
        return False
    return all(word in profile.linked_user.search_key for word in words)


def _holds(alternatives: list[str]) -> Q:
    """Names that hold one of the words somewhere, through the index of three-letter pieces."""
    if connection.vendor == "postgresql":
        return reduce(or_, (Q(names__folded__contains=word) for word in alternatives))
    match = " OR ".join('"' + word.replace('"', '""') + '"' for word in alternatives)
    sql = "SELECT rowid FROM sim_profilename_fts WHERE sim_profilename_fts MATCH %s"
    return Q(names__id__in=RawSQL(sql, [match]))  # noqa: S611 - the words are a parameter


def _nearest(words: list[str]) -> dict[str, dict[str, float]]:
    """For each word, the known words it may have been meant for, with how like they are (0 to 1)."""
    if connection.vendor == "postgresql":
        sql = """SELECT given.word, known.word
            FROM unnest(%s::text[], %s::text[]) AS given(word, letters) CROSS JOIN LATERAL (
            (SELECT word FROM sim_nameword WHERE word %% given.word
            ORDER BY similarity(word, given.word) DESC, word LIMIT 30)
            UNION SELECT word FROM sim_nameword WHERE letters = given.letters) AS known"""
        parameters: list[Any] = [words, list(map(letters, words))]
    else:
        one = """SELECT * FROM (SELECT %s, w.word FROM sim_nameword_fts f JOIN sim_nameword w ON w.id = f.rowid
            WHERE sim_nameword_fts MATCH %s ORDER BY f.rank LIMIT 60)
            UNION SELECT %s, word FROM sim_nameword WHERE letters = %s"""
        sql = " UNION ".join([one] * len(words))
        parameters = [part for word in words for part in (word, _pieces(word), word, letters(word))]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        pairs = cursor.fetchall()
    nearest: dict[str, list[tuple[float, str]]] = {}
    for given, known in pairs:
        like = SequenceMatcher(None, given, known, autojunk=False).ratio()
        if like >= LIKENESS:
            nearest.setdefault(given, []).append((like, known))
    return {
        given: {known: like for like, known in sorted(found, reverse=True)[:ALTERNATIVES]}
        for given, found in nearest.items()
    }


def _pieces(word: str) -> str:
    """Every three-letter piece of a word, its ends marked by spaces as in the index; any of them may match."""
    word = f"  {word} "
    pieces = {word[start : start + PIECE] for start in range(len(word) - PIECE + 1)}
    return " OR ".join('"' + piece.replace('"', '""') + '"' for piece in sorted(pieces))


def _rank(name: ProfileName, text: str, words: list[str], identifiers: set[str]) -> tuple[int, bool, int, float, str]:
    """The order of hits: the id itself, the whole name, its start, whole words, then anywhere within."""
    folded = name.folded
    own = set(folded.split())
    if name.profile.profile_identifier in identifiers and not all(word in folded for word in words):
        return (0, *_standing(name), "identifier")
    if name.profile.profile_identifier in identifiers:
        tier = 0
    elif not all(word in folded for word in words):
        return (7, *_standing(name), "account")
    elif folded == text:
        tier = 1
    elif folded.startswith(f"{text} "):
        tier = 2
    elif all(word in own for word in words):
        tier = 3
    elif folded.startswith(text):
        tier = 4
    else:
        tier = 5 if all(any(each.startswith(word) for each in own) for word in words) else 6
    return (tier, *_standing(name), "name" if name.name == name.profile.profile_name else "former")


def _standing(name: ProfileName) -> tuple[bool, int, float]:
    """Among equals: the current name first, then who started more and was seen last."""
    profile = name.profile
    return (name.name != profile.profile_name, -profile.starts, -profile.last_active_at.timestamp())


def _best(ranked: Sequence[tuple[tuple[Any, ...], ProfileName]]) -> list[Hit]:
    """Each profile once, by its best name, the best first."""
    hits: dict[object, Hit] = {}
    for rank, name in sorted(ranked, key=lambda pair: (*pair[0], pair[1].pk)):
        hits.setdefault(name.profile_id, Hit(name.profile, str(rank[-1]), name.name))
    return list(hits.values())
