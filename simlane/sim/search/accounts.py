"""The names of accounts in a search: the room of the accounts registers how they are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from django.db.models import Q

#: Three letters are the shortest piece that the indexes hold.
PIECE = 3


class AccountNames(Protocol):
    """How the accounts' names are searched."""

    def condition(self, path: str, words: Sequence[str]) -> Q:
        """Rows whose account, at `path`, has all the words in its names; through an index."""

    def key(self, path: str) -> str:
        """The path of the text of the account at `path` that such words are in."""


_registered: list[AccountNames] = []


def register(names: AccountNames) -> None:
    """Search by these names from now on; for an app's ready()."""
    _registered[:] = [names]


def names() -> AccountNames:
    """The registered names; the installed apps must hold a room that registers some."""
    return _registered[0]
