"""PostgreSQL's side of the search: trigram indexes (pg_trgm) and an index of whole names, byte by byte."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Collate

from simlane.sim.identity.names import letters


def folded_name() -> Collate:
    """The folded name in the order of its index, whatever the database's own collation is."""
    return Collate(F("names__folded"), "C")


def holds(alternatives: Sequence[str]) -> Q:
    """Names that hold one of the words anywhere."""
    return reduce(or_, (Q(names__folded__contains=word) for word in alternatives))


def near_words(words: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of a word and a known word that it may stand for."""
    sql = """SELECT given.word, known.word
        FROM unnest(%s::text[], %s::text[]) AS given(word, letters) CROSS JOIN LATERAL (
        (SELECT word FROM sim_nameword WHERE word %% given.word
        ORDER BY similarity(word, given.word) DESC, word LIMIT 30)
        UNION SELECT word FROM sim_nameword WHERE letters = given.letters) AS known"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(words), list(map(letters, words))])
        pairs: list[tuple[str, str]] = cursor.fetchall()
        return pairs
