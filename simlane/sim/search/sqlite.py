"""SQLite's side of the search: its full-text tables of three-letter pieces (sim.database.full_text)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL

from simlane.sim.database.full_text import any_of
from simlane.sim.identity.names import letters
from simlane.sim.models import SimProfile
from simlane.sim.search.accounts import PIECE


def folded_name() -> F:
    """The folded name in the order of its index."""
    return F("names__folded")


def holds(word: str) -> Q:
    """Names that hold the word anywhere."""
    return _hold_one([word])


def having(
    profiles: QuerySet[SimProfile], alternatives: Sequence[Sequence[str]], holding: Sequence[Sequence[str]] = ()
) -> QuerySet[SimProfile]:
    """Those with a name that holds one word of each of both: pieces are all that is indexed."""
    return profiles.filter(*map(_hold_one, (*alternatives, *holding)))


def _hold_one(words: Sequence[str]) -> Q:
    sql = "SELECT rowid FROM sim_profilename_fts WHERE sim_profilename_fts MATCH %s"
    return Q(names__id__in=RawSQL(sql, [any_of(words)]))  # noqa: S611 - the words are a parameter


def near_words(words: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of a word and a known word that it may stand for."""
    one = """SELECT * FROM (SELECT %s, w.word FROM sim_nameword_fts f JOIN sim_nameword w ON w.id = f.rowid
        WHERE sim_nameword_fts MATCH %s ORDER BY f.rank LIMIT 60)
        UNION SELECT %s, word FROM sim_nameword WHERE letters = %s"""
    parameters = [part for word in words for part in (word, any_of(_pieces(word)), word, letters(word))]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ".join([one] * len(words)), parameters)
        pairs: list[tuple[str, str]] = cursor.fetchall()
        return pairs


def _pieces(word: str) -> list[str]:
    """The three-letter pieces of a word, its ends marked by spaces as in the index."""
    word = f"  {word} "
    return sorted({word[start : start + PIECE] for start in range(len(word) - PIECE + 1)})
