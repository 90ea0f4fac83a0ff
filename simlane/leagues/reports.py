"""What people say is wrong with an event: told to those who run its league and to staff, answered by one.

They put it right as ever: by a corrected file, or by withdrawing it.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from simlane.leagues.access import people_with
from simlane.leagues.models import Report, Role
from simlane.sim.errors import Refused
from simlane.sim.models import Event, League, SimProfile
from simlane.sim.ownership.events import Kind
from simlane.sim.ownership.staff import staff_with
from simlane.users.models import User
from simlane.users.notifications.recording import tell

WAITS = "What you said of this event before waits for an answer: you are told as soon as it comes."


@transaction.atomic
def report(
    event: Event, user: User, kind: str, message: str, profile: SimProfile | None = None, number: int | None = None
) -> Report:
    """Stores it and tells who can do something about it. Raises Refused while an earlier one waits.

    `profile` is the member's own that did not drive, in the event or in its session `number`: see leagues.detachments.
    """
    try:
        with transaction.atomic():
            made = Report.objects.create(
                event=event, user=user, kind=kind, message=message, profile=profile, number=number
            )
    except IntegrityError as error:
        raise Refused(WAITS) from error
    about: dict[str, str | int] = {
        "report": made.pk,
        "event": event.name,
        "what": made.get_kind_display(),
        "message": message[:300],
    }
    organisers = people_with(event.league_id, Role.ORGANISER)
    if event.league is not None:
        tell(organisers - {user.pk}, Kind.REPORTED, about | {"league": event.league.slug})
    tell(set(staff_with("leagues.change_report")) - organisers - {user.pk}, Kind.REPORTED, about)
    return made


@transaction.atomic
def answer(report: Report, by: AbstractBaseUser, text: str) -> None:
    """Answers it, and tells who made it. Raises Refused without a text, and when somebody has answered meanwhile."""
    if not text.strip():
        raise Refused("Write an answer.")
    waiting = Report.objects.filter(pk=report.pk, state=Report.State.OPEN)
    if not waiting.update(state=Report.State.ANSWERED, answer=text, answered_at=timezone.now(), answered_by_id=by.pk):
        raise Refused("Somebody has answered this already.")
    about: dict[str, str | int] = {"event_id": report.event_id, "event": report.event.name, "answer": text}
    tell({report.user_id}, Kind.REPORT_ANSWERED, about)


def of_league(league: League) -> QuerySet[Report]:
    """What was said of the league's events, the newest first."""
    return (
        Report.objects.filter(event__league=league)
        .select_related("event__league", "user", "detachment")
        .order_by("-pk")
    )
