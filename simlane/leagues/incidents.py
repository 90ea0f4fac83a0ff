"""Incidents that drivers report: told to the stewards of the event's league, who answer them.

What is decided about a result is a ruling (results.deciding); an answer is to whoever reported it, and nobody else.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from simlane.leagues.access import people_with
from simlane.leagues.models import Incident, Role
from simlane.sim.errors import Refused
from simlane.sim.models import Event, League
from simlane.sim.ownership.events import Kind
from simlane.sim.ownership.locks import lock_account
from simlane.users.models import User
from simlane.users.notifications.recording import tell

MOST_OPEN = 10
TOO_MANY = f"{MOST_OPEN} of your reports of this event wait for an answer: wait for those first."


@transaction.atomic
def report(incident: Incident, user: User) -> None:
    """Stores a new one and tells the stewards. Raises Refused while too many of the member's wait."""
    # Forms sent at once are counted one after the other.
    lock_account(user)
    event = incident.event
    if Incident.objects.filter(event=event, user=user, answered_at=None).count() >= MOST_OPEN:
        raise Refused(TOO_MANY)
    incident.user = user
    incident.save(force_insert=True)
    if event.league is not None:
        about: dict[str, str | int] = {
            "event": event.name,
            "league": event.league.slug,
            "lap": incident.lap or 0,
            "involved": incident.involved,
            "message": incident.message[:300],
        }
        tell(people_with(event.league_id, Role.STEWARD) - {user.pk}, Kind.INCIDENT, about)


@transaction.atomic
def answer(incident: Incident, by: AbstractBaseUser, text: str) -> None:
    """Answers it, and tells who reported it. Raises Refused without a text, and when another steward was first."""
    if not (text := text.strip()):
        raise Refused("Write an answer.")
    waiting = Incident.objects.filter(pk=incident.pk, answered_at=None)
    if not waiting.update(answer=text, answered_at=timezone.now(), answered_by_id=by.pk):
        raise Refused("Another steward has answered this already.")
    about: dict[str, str | int] = {"event_id": incident.event_id, "event": incident.event.name, "answer": text}
    tell({incident.user_id}, Kind.REPORT_ANSWERED, about)


def of_league(league: League) -> QuerySet[Incident]:
    """What was reported of the league's events."""
    return Incident.objects.filter(event__league=league).select_related("event", "user").order_by("-pk")


def reportable() -> QuerySet[Event]:
    """Events of which drivers report incidents: those of a league that is open."""
    return Event.objects.standing().filter(league__isnull=False, league__archived_at=None).select_related("league")
