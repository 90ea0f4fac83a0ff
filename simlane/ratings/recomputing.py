"""Stored ratings follow the results: the one place that writes them.

What has changed is noted in RatingsDue with the change (simlane.ratings.due). Here it is taken up: the races that count
are put in order, and each ladder is counted again from the earliest race that is another now, some hundred races in
each transaction. Standings are made when a ladder is through, so they are never of half a count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from simlane.ratings import counting, taking_up
from simlane.ratings.counting import Counting
from simlane.ratings.models import Ladder, RatingsDue, Recomputation
from simlane.ratings.taking_up import Touched
from simlane.sim.errors import Refused

#: One transaction at a time counts: the number only has to be nobody else's.
LOCK = 0x51_4D_4C_52
#: Races that one transaction counts.
AT_ONCE = 1000
#: Whoever has not counted on for so long is taken for dead.
LEASE = timedelta(minutes=2)
AT_WORK = "Ratings are being counted by another process just now; it counts this too."

#: Told how many races have been counted since the beginning.
Report = Callable[[int], None]


def begin(since: datetime | None = None) -> None:
    """Has everything counted again by `catch_up`, or what was driven since an instant.

    Raises Refused while another process counts.
    """
    with transaction.atomic():
        _lock()
        _see_to_free(None)
        if since is None:
            RatingsDue.objects.create()
        # Whose drives are gone by then nobody knows in the next transaction.
        Ladder.objects.filter(pk__in=taking_up.take_up(), due_at__isnull=False).update(halfway=True)
        if since is None:
            return
        for ladder in Ladder.objects.all():
            counting.set_due(ladder, since, 0)


@dataclass(frozen=True, slots=True)
class Caught:
    """What `catch_up` did: how many races it counted, and whether nothing is left to do."""

    races: int
    is_done: bool


def catch_up(*, seconds: float | None = None, report: Report = lambda _: None) -> Caught:
    """Counts what is due, for so many seconds at most; raises Refused while another process counts."""
    token, until, races = uuid4(), None if seconds is None else monotonic() + seconds, 0
    known: dict[int, Counting] = {}
    while True:
        with transaction.atomic():
            _lock()
            _see_to_free(token)
            counted, is_done = _count_some(known)
            races += counted
            is_over = is_done or (until is not None and monotonic() > until)
            if is_over:
                Recomputation.objects.all().delete()
            else:
                lease = {"token": token, "until": timezone.now() + LEASE}
                Recomputation.objects.update_or_create(pk=1, defaults=lease)
        report(races)
        if is_over:
            return Caught(races, is_done)


def _lock() -> None:
    """Until the transaction ends; SQLite's transactions do that already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _see_to_free(token: UUID | None) -> None:
    if Recomputation.objects.filter(until__gt=timezone.now()).exclude(token=token or UUID(int=0)).exists():
        raise Refused(AT_WORK)


def _count_some(known: dict[int, Counting]) -> tuple[int, bool]:
    """One transaction's part; how many races were counted, and whether everything is."""
    touched: Touched = taking_up.take_up()
    races = 0
    for ladder in Ladder.objects.filter(due_at__isnull=False).order_by("pk"):
        if races >= AT_ONCE:
            # Whose drives are gone by now nobody will know in the next transaction.
            if ladder.pk in touched:
                Ladder.objects.filter(pk=ladder.pk).update(halfway=True)
            continue
        count = known.get(ladder.pk)
        if count is None or not count.stands_at(ladder):
            count = Counting(ladder)
        races += count.go_on(ladder, AT_ONCE - races, touched.get(ladder.pk, set()))
        known[ladder.pk] = count
    return races, not Ladder.objects.filter(due_at__isnull=False).exists()
