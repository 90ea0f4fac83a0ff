"""How the domain's search compares the names of accounts (rule 6: it asks only of verified links)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from simlane.sim.database.full_text import FullText, all_of
from simlane.sim.search.accounts import PIECE

FULL_TEXT = FullText("users_user", "search_key")


class SearchKeys:
    """Accounts are found by words within `User.search_key`, or, by one or two letters, by the whole username."""

    def condition(self, path: str, words: Sequence[str]) -> Q:
        """Accounts at `path` whose names hold all the words that the index can find."""
        pieces = [word for word in words if len(word) >= PIECE]
        if not pieces:
            return Q(**{f"{path}__username": " ".join(words)})
        if connection.vendor == "postgresql":
            return reduce(and_, (Q(**{f"{path}__search_key__contains": word}) for word in pieces))
        sql = f"SELECT rowid FROM {FULL_TEXT.name} WHERE {FULL_TEXT.name} MATCH %s"  # noqa: S608
        return Q(**{f"{path}__in": RawSQL(sql, [all_of(pieces)])})  # noqa: S611 - the words are a parameter

    def key(self, path: str) -> str:
        """Where the folded names of the account are."""
        return f"{path}__search_key"
