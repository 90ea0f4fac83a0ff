"""Staff stop a league for good, or open it again: its ways in, and with them its results if they say so.

A stopped league is archived, so all that an archived one refuses it refuses too; the database holds that. What the
stop withdrew is told by its reason from what was withdrawn before, and comes back alone.
"""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce
from django.utils import timezone
from django_tasks import task

from simlane.leagues.models import Membership
from simlane.results import versions
from simlane.results.decisions import last_decisions
from simlane.results.models import Decision, ResultFile
from simlane.results.storing import lock
from simlane.sim.errors import Refused
from simlane.sim.models import Event, League, Session
from simlane.sim.ownership.events import Kind
from simlane.users.notifications.recording import tell

logger = logging.getLogger(__name__)
STOPPED_ALREADY = "The league is stopped already: nothing was changed."
NOT_STOPPED = "The league is not stopped: nothing was changed."
NO_REASON = "Say why: those who run the league are told."
#: The reason of the decisions that come with a stop.
WITH_LEAGUE = "The league was stopped"
BACK_WITH_LEAGUE = "The league was opened again"


@task()
def follow(league: int, by: int | None) -> None:
    """The job of `follow_league`."""
    follow_league(league, by)


@transaction.atomic
def stop(league: League, *, by: AbstractBaseUser, reason: str, results: bool) -> None:
    """Closes every way into the league; with `results` they are withdrawn, by a job. Raises Refused.

    An import of the league that is storing is waited for, and what it brought in is withdrawn as well.
    """
    _see_to_reason(reason)
    lock()
    now = timezone.now()
    if not League.objects.filter(pk=league.pk, stopped_at=None).update(
        stopped_at=now, stopped_for=reason, archived_at=Coalesce(F("archived_at"), now), results_due=results
    ):
        raise Refused(STOPPED_ALREADY)
    _tell(league, by, stopped=True, reason=reason, results=results)


@transaction.atomic
def resume(league: League, *, by: AbstractBaseUser, reason: str, results: bool) -> None:
    """Opens the league again; with `results` what the stop withdrew comes back, by a job. Raises Refused."""
    _see_to_reason(reason)
    lock()
    if not League.objects.filter(pk=league.pk, stopped_at__isnull=False).update(
        stopped_at=None, stopped_for="", archived_at=None, results_due=results
    ):
        raise Refused(NOT_STOPPED)
    _tell(league, by, stopped=False, reason=reason, results=results)


def follow_league(league: int, by: int | None = None) -> int:
    """Withdraws a stopped league's results, or brings back what a stop withdrew; of how many events.

    Again does no harm.
    """
    found = League.objects.get(pk=league)
    if not found.results_due:
        return 0
    act = _withdraw if found.stopped_at else _bring_back
    count, is_left = 0, False
    for event in (_standing(league) if found.stopped_at else _withheld(league)).order_by("pk"):
        try:
            act(event, by)
        except Refused as refusal:
            # An import took long, or a person must look first: it holds up no other, and is tried again tomorrow.
            logger.warning("event %s did not follow its league: %s", event.pk, refusal)
            is_left = True
        else:
            count += 1
    # Decided otherwise meanwhile, it is due anew.
    if not is_left:
        League.objects.filter(pk=league, stopped_at=found.stopped_at).update(results_due=False)
    return count


def finish() -> None:
    """Does what a job left undone whose worker died: for the daily work."""
    for league in League.objects.filter(results_due=True).values_list("pk", flat=True):
        try:
            follow_league(league)
        except Exception:
            # It stays due; the others need not wait for it.
            logger.exception("the results of a league could not follow its stop")


def _see_to_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused(NO_REASON)


def _tell(league: League, by: AbstractBaseUser, *, stopped: bool, reason: str, results: bool) -> None:
    people = set(Membership.objects.filter(league=league).values_list("user", flat=True))
    about: dict[str, Any] = {"league": league.slug, "name": league.name, "reason": reason}
    tell(people, Kind.LEAGUE_DECIDED, about | {"stopped": stopped, "results": results})
    if results:
        transaction.on_commit(lambda: follow.enqueue(league.pk, by.pk))


def _standing(league: int) -> Any:
    return Event.objects.filter(Exists(Session.objects.filter(event=OuterRef("pk"))), league=league)


def _withheld(league: int) -> Any:
    return Event.objects.filter(pk__in=_with_league(Decision.objects.filter(event__league=league)).values("event"))


def _with_league(decisions: Any) -> Any:
    """Of the last decisions about sessions those that came with a stop."""
    return last_decisions(decisions.filter(what=Decision.What.WITHHELD, reason=WITH_LEAGUE))


def _withdraw(event: Event, by: int | None) -> None:
    versions.withdraw(event, by=by, reason=WITH_LEAGUE, by_staff=True, standing_only=True)


def _bring_back(event: Event, by: int | None) -> None:
    for key, number in list(_with_league(Decision.objects.filter(event=event)).values_list("file", "number")):
        file = ResultFile.objects.get(pk=key)
        versions.bring_back(event, by=by, reason=BACK_WITH_LEAGUE, file=file, number=number, by_staff=True)
