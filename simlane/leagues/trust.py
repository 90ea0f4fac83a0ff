"""Staff confirm a league, or no longer: its results move between scopes, and its drivers are counted anew, by a job."""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import QuerySet
from django_tasks import task

from simlane.leagues.seasons import due
from simlane.profiles.addresses import of_event
from simlane.results.doubles import doubles
from simlane.results.following import count_anew, renew_records
from simlane.results.models import ResultFile
from simlane.results.storing import lock, lock_for_person
from simlane.results.tying import leave_league
from simlane.sim.career import changes
from simlane.sim.errors import Refused
from simlane.sim.models import EntryDriver, Event, League
from simlane.sim.models.leagues import SHARED
from simlane.sim.ownership.locks import atomic_with_retry
from simlane.sim.ownership.revoking import revoke_codes

logger = logging.getLogger(__name__)

#: Drivers that one transaction counts anew: others wait for it no longer than a moment.
AT_ONCE = 1000
IN_ALREADY = "Its results are in at {where} and count there: nothing was changed."


@task()
def recount(league: int) -> None:
    """The job of `recount_league`."""
    recount_league(league)


@atomic_with_retry
def set_trusted(league: League, *, trusted: bool) -> dict[int, int]:
    """Whether the league's results count; names and figures follow soon.

    An event whose results are in with the site's and confirmed leagues' stays alone: they are returned, each with the
    event that counts. An import that is storing is waited for, and the next one sees the new answer.
    """
    lock()
    if not League.objects.filter(pk=league.pk, trusted=not trusted).update(trusted=trusted, recount_due=True):
        return {}
    events = Event.objects.filter(league=league)
    found = doubles(events) if trusted else {}
    _move(events.exclude(pk__in=found), SHARED if trusted else league.pk)
    transaction.on_commit(lambda: recount.enqueue(league.pk))
    return found


def _move(events: QuerySet[Event], scope: int) -> None:
    ResultFile.objects.filter(event__in=events.values("pk")).update(scope=scope)
    changes.note(events.only("pk"))
    events.update(scope=scope)


def recount_league(league: int) -> int:
    """Counts the drivers of the league's events anew, a batch in each transaction; how many. Again does no harm.

    Of a league that is not confirmed any more codes prove nothing, and did not.
    """
    trusted = League.objects.values_list("trusted", flat=True).get(pk=league)
    if not trusted:
        revoke_codes(league)
    drives = EntryDriver.objects.filter(entry__session__event__league=league, profile__isnull=False)
    drivers = list(drives.order_by("profile_id").values_list("profile_id", flat=True).distinct())
    for start in range(0, len(drivers), AT_ONCE):
        count_anew(drivers[start : start + AT_ONCE], Event.objects.filter(league=league))
    renew_records(Event.objects.filter(league=league))
    # Changed meanwhile, whoever changed it counts anew.
    League.objects.filter(pk=league, trusted=trusted).update(recount_due=False)
    return len(drivers)


@atomic_with_retry
def take_out(event: Event) -> None:
    """Makes a league's event the site's own, whose results count.

    Names without an id are nobody's there: those who were tied are so in their league.
    Raises Refused where they count already, and while an import takes long.
    """
    lock_for_person()
    due.note_events(events={event.pk})
    there = Event.objects.filter(pk=event.pk)
    if found := doubles(there.exclude(scope=SHARED)):
        raise Refused(IN_ALREADY.format(where=of_event(Event.objects.get(pk=found[event.pk]))))
    _move(there, SHARED)
    there.update(league=None)
    leave_league(event)
    drives = EntryDriver.objects.filter(entry__session__event=event, profile__isnull=False)
    drivers = sorted(set(drives.values_list("profile_id", flat=True)))
    if drivers:
        count_anew(drivers, Event.objects.filter(pk=event.pk))
    renew_records(Event.objects.filter(pk=event.pk))


def finish_recounts() -> None:
    """Does what a job left undone whose worker died: for the daily work."""
    for league in League.objects.filter(recount_due=True).values_list("pk", flat=True):
        try:
            recount_league(league)
        except Exception:
            # It stays due; the others need not wait for it.
            logger.exception("the drivers of a league could not be counted anew")
