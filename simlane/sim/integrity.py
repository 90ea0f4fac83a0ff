"""The integrity check (verify_profiles): each rule as the query of the rows that break it.

The database counts them; only the first few rows are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import Coalesce, Lag, Trim

from simlane.sim.career import records, statistics
from simlane.sim.models import EntryDriver, HistoryEntry, LegacyProfile, Merge, ProfileName, SimProfile, Simulator

SHOWN = 5

#: How many rows break a rule, and the first few of them.
Broken = tuple[int, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Check:
    """A rule, and the query of the rows that break it."""

    name: str
    rule: str
    find: Callable[[], Broken]


@dataclass(frozen=True, slots=True)
class Finding:
    """A check's outcome: how many rows break the rule, and the first few of them."""

    check: str
    rule: str
    count: int
    first: tuple[str, ...]


def findings() -> Iterator[Finding]:
    """The outcome of every check, one after the other."""
    for check in _CHECKS:
        count, first = check.find()
        yield Finding(check.name, check.rule, count, tuple(str(each) for each in first))


def register(check: Check) -> None:
    """Add a check of another room; for an app's ready()."""
    if check not in _CHECKS:
        _CHECKS.append(check)


def _rows(rows: QuerySet[Any, Any]) -> Broken:
    if count := rows.count():
        return count, list(rows.values_list("pk", flat=True).order_by()[:SHOWN])
    return 0, ()


def _profiles(condition: Q) -> Callable[[], Broken]:
    return lambda: _rows(SimProfile.objects.filter(condition))


def _empty_identifiers() -> Broken:
    blank = SimProfile.objects.alias(bare=Trim("profile_identifier"))
    return _rows(blank.filter(Q(profile_identifier__isnull=True) | Q(bare="")))


def _duplicates() -> Broken:
    """Identities that more than one profile has, as simulator and identifier."""
    shared = (
        SimProfile.objects.order_by()
        .values_list("simulator__slug", "profile_identifier")
        .annotate(profiles=Count("pk"))
        .filter(profiles__gt=1)
    )
    count = shared.count()
    return count, [f"{slug}/{identifier}" for slug, identifier, _ in shared[:SHOWN]] if count else ()


def _orphaned_links() -> Broken:
    account = get_user_model()._default_manager.filter(pk=OuterRef("linked_user_id"))
    return _rows(SimProfile.objects.filter(~Exists(account), linked_user_id__isnull=False))


def _no_simulator() -> Broken:
    return _rows(SimProfile.objects.filter(~Exists(Simulator.objects.filter(pk=OuterRef("simulator_id")))))


def _lost_rows() -> Broken:
    return _rows(LegacyProfile.objects.filter(~Exists(SimProfile.objects.filter(pk=OuterRef("pk")))))


def _unfindable() -> Broken:
    name = ProfileName.objects.filter(profile=OuterRef("pk"), name=OuterRef("profile_name"))
    return _rows(SimProfile.objects.filter(~Exists(name)))


def _drivers_of_nobody() -> Broken:
    known = SimProfile.objects.filter(pk=OuterRef("profile_id"))
    return _rows(EntryDriver.objects.filter(~Exists(known), profile_id__isnull=False))


def _drivers_elsewhere() -> Broken:
    event = F("entry__session__event__simulator")
    return _rows(EntryDriver.objects.filter(profile__isnull=False).exclude(profile__simulator=event))


def _history_behind() -> Broken:
    """The last entry of each profile that has any, where the profile is not as it says."""
    later = HistoryEntry.objects.filter(profile=OuterRef("profile"), pk__gt=OuterRef("pk"))
    last = HistoryEntry.objects.filter(~Exists(later), profile__pk__isnull=False)
    agrees = Q(owner=Coalesce("profile__linked_user", 0), verified=F("profile__is_verified")) & Q(
        public=F("profile__is_public")
    )
    behind = last.alias(owner=Coalesce("account", 0)).exclude(agrees)
    return behind.count(), list(behind.values_list("profile", flat=True)[:SHOWN])


def _history_gaps() -> Broken:
    """Entries that do not begin where the one before them ended."""

    def before(column: str | Coalesce) -> Window:
        return Window(Lag(column), partition_by="profile", order_by="pk")

    entries = HistoryEntry.objects.annotate(
        owner_before=before(Coalesce("account", 0)),
        verified_before=before("verified"),
        public_before=before("public"),
        owner_then=Coalesce("was_account", 0),
    )
    gaps = entries.filter(owner_before__isnull=False).exclude(
        owner_before=F("owner_then"), verified_before=F("was_verified"), public_before=F("was_public")
    )
    return _rows(gaps)


def _merges_astray() -> Broken:
    """Merged profiles that hold something still, lead to another merged one, or have no merge to be undone."""
    merge = Merge.objects.filter(merged=OuterRef("pk"), undone_at=None)
    drive = EntryDriver.objects.filter(profile=OuterRef("pk"))
    merged = Q(merged_into__isnull=False)
    astray = Q(Exists(drive)) | Q(merged_into__merged_into__isnull=False) | ~Q(Exists(merge))
    return _rows(SimProfile.objects.filter((merged & astray) | (~merged & Q(Exists(merge)))))


def _missing_guards() -> Broken:
    """The constraints and the trigger that should hold these rules, where the database has lost them."""
    with connection.cursor() as cursor:
        held = set(connection.introspection.get_constraints(cursor, SimProfile._meta.db_table))
        triggers = "pg_trigger WHERE tgenabled <> 'D' AND tgname" if connection.vendor == "postgresql" else None
        source = triggers or "sqlite_master WHERE type = 'trigger' AND name"
        cursor.execute(f"SELECT 1 FROM {source} = 'sim_unlink_profiles'")
        missing = [] if cursor.fetchone() else ["sim_unlink_profiles"]
        for trigger in ("sim_write_history", "sim_keep_history"):
            # SQLite has one for each kind of statement.
            cursor.execute(f"SELECT 1 FROM {source} LIKE %s", [f"{trigger}%"])
            missing += [] if cursor.fetchone() else [trigger]
    missing += [constraint.name for constraint in SimProfile._meta.constraints if constraint.name not in held]
    return len(missing), missing


_CHECKS: list[Check] = [
    Check("identifier", "1: every profile has an identifier", _empty_identifiers),
    Check("identity", "1: no two profiles of a simulator have one identifier", _duplicates),
    Check("simulator", "1: every profile's simulator exists", _no_simulator),
    Check("verified", "2: a verified profile is linked", _profiles(Q(is_verified=True, linked_user_id__isnull=True))),
    Check(
        "linked-at",
        "2: a profile is linked exactly when it says since when",
        _profiles(
            Q(linked_user_id__isnull=True, linked_at__isnull=False)
            | Q(linked_user_id__isnull=False, linked_at__isnull=True)
        ),
    ),
    Check(
        "unlinked-public",
        "3: a profile of nobody is public",
        _profiles(Q(linked_user_id__isnull=True, is_public=False, merged_into_id__isnull=True)),
    ),
    Check(
        "private",
        "3: a private profile has a verified link",
        _profiles(Q(linked_user_id__isnull=False, is_verified=False, is_public=False)),
    ),
    Check("account", "4: every account a profile points at exists", _orphaned_links),
    Check("history", "8: the history says how a profile came to be as it is", _history_behind),
    Check("history-gaps", "8: nothing is missing between two entries of a history", _history_gaps),
    Check("merged", "11: a merged profile is an address only, and its merge can be undone", _merges_astray),
    Check("lost", "10: every profile of the old model is still there", _lost_rows),
    Check("drivers", "a driver in results points at a profile that exists", _drivers_of_nobody),
    Check("drivers-simulator", "a driver in results points at a profile of the event's simulator", _drivers_elsewhere),
    Check("names", "every profile can be found by its name", _unfindable),
    Check(
        "figures",
        "starts, wins and podiums, overall and in class, and the figures of each year are what the results say",
        lambda: statistics.find_wrong(SHOWN),
    ),
    Check(
        "records",
        "no lap that counts is faster than the record of its track, car and class",
        lambda: records.find_wrong(SHOWN),
    ),
    Check("guards", "the database still holds rules 1 to 4 and 8 itself", _missing_guards),
]
