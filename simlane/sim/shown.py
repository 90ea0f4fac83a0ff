"""What the transaction of a connection changes of what pages show, as those who change it know.

A page that is kept (config.pages) is thrown away with the commit that changes it. Whoever says nothing here changes
all pages. Whoever changes little, and often, says which, inside `only`:

    with transaction.atomic(), only():
        rows("event", [event.pk])
        ...
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

_ATTRIBUTE = "_simlane_changed"


@dataclass
class Changed:
    """Whether all pages change, or else those of rows, by kind; lists change with every row."""

    everything: bool = False
    lists: bool = False
    rows: dict[str, set[Any]] = field(default_factory=dict)
    #: Blocks of `only` that are open.
    within: int = 0

    def __bool__(self) -> bool:
        return self.everything or self.lists

    def note(self) -> None:
        """Something that pages show is being written."""
        if self.within:
            self.lists = True
        else:
            self.everything = True


def of(connection: BaseDatabaseWrapper) -> Changed:
    """What has changed on the connection since its last commit."""
    found: Changed = vars(connection).setdefault(_ATTRIBUTE, Changed())
    return found


def forget(connection: BaseDatabaseWrapper) -> None:
    """Begin anew, after a commit."""
    vars(connection)[_ATTRIBUTE] = Changed(within=of(connection).within)


def note() -> None:
    """For a write that passes Django's cursors by, such as COPY."""
    of(connections[DEFAULT_DB_ALIAS]).note()


def everything() -> None:
    """All pages change, whatever was said of less."""
    of(connections[DEFAULT_DB_ALIAS]).everything = True


def rows(kind: str, keys: Iterable[Any]) -> None:
    """Pages of these rows change; call it in the transaction of the change."""
    changed = of(connections[DEFAULT_DB_ALIAS])
    changed.rows.setdefault(kind, set()).update(keys)


@contextmanager
def only() -> Iterator[None]:
    """What is written inside changes the pages of the rows that are named to `rows`, and lists; no other page."""
    changed = of(connections[DEFAULT_DB_ALIAS])
    changed.within += 1
    try:
        yield
    finally:
        # Anew: a commit inside has put another one there.
        of(connections[DEFAULT_DB_ALIAS]).within -= 1
