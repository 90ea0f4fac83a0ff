"""Versions of what pages show, in the database: a commit that changes a page changes its version with it.

Every statement that writes is looked at on its way to the database, so none has to be remembered: it changes all
pages, unless its table is one that no page for visitors shows, or its writer says which pages (sim.shown). The numbers
are written last in the transaction, so that nobody waits for them longer than a commit takes.

A reader asks for the version first and for the page's rows after: a page made of rows from before a commit is kept
under the version from before it, which nobody asks for any more.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from zlib import crc32

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.connection import ConnectionDoesNotExist

from simlane.config.models import PageVersion
from simlane.config.pages.tables import is_shown
from simlane.sim import shown
from simlane.sim.models import EntryDriver, SimProfile

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]

#: Of all pages, and of lists. The other numbers are shared by pages whose keys fall on them.
EVERYTHING, LISTS = 0, 1
BUCKETS = 1 << 16
#: Who raced in more of them is met on so many pages that all are made anew.
EVENTS = 100
TABLE = PageVersion._meta.db_table
_WRITES = re.compile(
    r"\b(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|UPDATE(?:\s+ONLY)?|DELETE\s+FROM(?:\s+ONLY)?|MERGE\s+INTO|"
    r'(?:ALTER|DROP)\s+TABLE(?:\s+IF\s+EXISTS)?)\s+"?(?!SET\b)(\w+)"?(?:\s+SET\s+"(last_login)" =)?',
    re.IGNORECASE,
)
_READS = ("SELECT", "SAVEPOINT", "RELEASE")


#: The attribute of a request whose page will be kept that holds its `Asked`.
ASKED = "asked_page"


@dataclass(frozen=True, slots=True)
class Asked:
    """The page that a request asks for, and its version at the primary."""

    page: int
    version: str


def bucket(kind: str, key: object) -> int:
    """The number of the page of one row: `profile` by its address, `event` by its key."""
    return 2 + crc32(f"{kind}:{key}".encode()) % (BUCKETS - 2)


def _profiles(keys: Iterable[Any]) -> set[int]:
    """Profiles, the events whose results link to them, and whoever raced there: a page names rivals and team mates.

    And the others of their accounts: a page tells one rating of all that a member proved.
    """
    keys = list(keys)
    changed = SimProfile.objects.filter(pk__in=keys).order_by()
    found = changed.values_list("simulator__slug", "profile_identifier", "linked_user")
    drives = EntryDriver.objects.filter(profile__in=keys).order_by()
    events = list(drives.values_list("entry__session__event", flat=True).distinct()[: EVENTS + 1])
    if len(events) > EVENTS:
        return {EVERYTHING}
    numbers = {bucket("profile", f"{slug}/{identifier}") for slug, identifier, _ in found}
    return numbers | _accounts(account for *_, account in found if account) | _events(events)


def _accounts(keys: Iterable[Any]) -> set[int]:
    """All profiles of these accounts."""
    found = SimProfile.objects.filter(linked_user__in=list(keys)).order_by()
    names = found.values_list("simulator__slug", "profile_identifier")
    return {bucket("profile", f"{slug}/{identifier}") for slug, identifier in names}


def _events(keys: Iterable[Any]) -> set[int]:
    """Events, and everybody who drove in them."""
    keys = list(keys)
    drives = EntryDriver.objects.filter(entry__session__event__in=keys, profile__isnull=False).order_by()
    drivers = drives.values_list("profile__simulator__slug", "profile__profile_identifier").distinct()
    return {bucket("event", key) for key in keys} | {
        bucket("profile", f"{slug}/{identifier}") for slug, identifier in drivers
    }


#: By kind of rows that writers name: the numbers of the pages that show them.
PAGES_OF: dict[str, Callable[[Iterable[Any]], set[int]]] = {
    "profile": _profiles,
    "account": _accounts,
    "event": _events,
}


def read(page: int, using: str = DEFAULT_DB_ALIAS) -> str | None:
    """The version of a page, in one statement; None while this connection has changes that are not committed."""
    connection = connections[using]
    if connection.in_atomic_block and shown.of(connection):
        return None
    return read_all({page}, using)[page]


def read_all(pages: set[int], using: str = DEFAULT_DB_ALIAS) -> dict[int, str]:
    """The versions of these pages, in one statement."""
    asked = sorted({EVERYTHING, *pages})
    with connections[using].cursor() as cursor:
        marks = ", ".join(["%s"] * len(asked))
        cursor.execute(f"SELECT bucket, version FROM {TABLE} WHERE bucket IN ({marks})", asked)  # noqa: S608
        found = dict(cursor.fetchall())
    return {page: repr((found.get(EVERYTHING), found.get(page))) for page in pages}


def watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Look at what a new connection writes; a receiver of Django's `connection_created`."""
    try:
        is_own = connections[connection.alias] is connection
    except ConnectionDoesNotExist:
        is_own = False
    if not is_own:
        # Of a command's own, beside Django's: none of these writes what pages show.
        return
    if any(isinstance(each, _Watch) for each in connection.execute_wrappers):
        # The same object, connected again.
        return
    connection.execute_wrappers.append(_Watch(connection.alias))
    commit = connection._commit  # type: ignore[attr-defined]

    def commit_with_versions() -> None:
        store(connection)
        commit()

    connection._commit = commit_with_versions  # type: ignore[attr-defined]


class _Watch:
    """Notes what statements write. One that is its own transaction gets one around it, for the version's sake."""

    def __init__(self, using: str) -> None:
        self._using = using

    def __call__(self, execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        connection, cursor = context["connection"], context["cursor"]
        if isinstance(cursor.cursor, _Fetched):
            cursor.cursor = cursor.cursor.of
        if not writes_shown(sql):
            return execute(sql, params, many, context)
        if connection.in_atomic_block or not connection.get_autocommit():
            shown.of(connection).note()
            return execute(sql, params, many, context)
        with transaction.atomic(using=self._using):
            shown.of(connection).note()
            result = execute(sql, params, many, context)
            if connection.vendor == "sqlite":
                cursor.cursor = _Fetched(cursor.cursor)
        return result


class _Fetched:
    """A cursor of SQLite whose rows have been taken: no transaction ends while a statement still gives some."""

    def __init__(self, cursor: Any) -> None:
        self.of = cursor
        self._rows: Iterator[Any] = iter(cursor.fetchall())

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        return list(islice(self._rows, size))

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self.of, name)


def writes_shown(sql: str) -> bool:
    """Whether the statement may change what a page for visitors shows."""
    start = sql.lstrip()[:9].upper()
    if start.startswith(_READS):
        return False
    if start.startswith("TRUNCATE"):
        # Of many tables at once.
        return True
    # Who signs in is written down with the account.
    return any(is_shown(table) and not column for table, column in _WRITES.findall(sql))


def store(connection: BaseDatabaseWrapper) -> None:
    """Give what has changed a new version; in the transaction that is about to be committed."""
    changed = shown.of(connection)
    if not changed:
        return
    shown.forget(connection)
    if not _has_table(connection):
        return
    numbers = {EVERYTHING} if changed.everything else {LISTS}
    if not changed.everything:
        for kind, keys in changed.rows.items():
            numbers |= PAGES_OF[kind](keys)
    version = secrets.randbits(62)
    upsert = "ON CONFLICT (bucket) DO UPDATE SET version = excluded.version"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # In order, so that no two wait for each other; and after what a commit has left to check, for the same.
            cursor.execute(
                f"SET CONSTRAINTS ALL IMMEDIATE; "
                f"INSERT INTO {TABLE} (bucket, version) SELECT unnest(%s::integer[]), %s {upsert}",
                [sorted(numbers), version],
            )
        else:
            cursor.executemany(
                f"INSERT INTO {TABLE} (bucket, version) VALUES (%s, %s) {upsert}",  # noqa: S608
                [(number, version) for number in sorted(numbers)],
            )


def _has_table(connection: BaseDatabaseWrapper) -> bool:
    """Not before its migration: then there is no page that is kept, either."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [TABLE])
        else:
            cursor.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = %s", [TABLE])
        return bool(cursor.fetchone()[0])
