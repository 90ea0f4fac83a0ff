"""PostgreSQL's side of the search: trigram indexes (pg_trgm), one of whole names, byte by byte, and one of words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import F, Func, Q, QuerySet, TextField
from django.db.models.functions import Collate

from simlane.sim.identity.names import letters
from simlane.sim.models import SimProfile


def folded_name() -> Collate:
    """The folded name in the order of its index, whatever the database's own collation is."""
    return Collate(F("names__folded"), "C")


def holds(word: str) -> Q:
    """Names that hold the word anywhere."""
    return Q(names__folded__contains=word)


def having(
    profiles: QuerySet[SimProfile], alternatives: Sequence[Sequence[str]], holding: Sequence[Sequence[str]] = ()
) -> QuerySet[SimProfile]:
    """Those with a name that has a whole word of each of the `alternatives`, and holds a piece of each of `holding`."""
    # As the index has it: one list a word, where pieces of three letters have many and long ones to join.
    words: Func = Func(
        F("names__folded"), template="string_to_array(%(expressions)s, ' ')", output_field=ArrayField(TextField())
    )
    named = profiles.alias(own=F("names__folded"), own_words=words)
    return named.filter(
        # Else a profile without names might be meant, for all that PostgreSQL knows: it would read all of all profiles.
        Q(own__isnull=False),
        *(Q(own_words__overlap=list(each)) for each in alternatives),
        *(reduce(or_, (Q(own__contains=piece) for piece in pieces)) for pieces in holding),
    )


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
