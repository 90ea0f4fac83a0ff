"""Which event an address is about, whether this person may look at it, and where else it is read."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect

from simlane.profiles.views.provenance import may_decide
from simlane.profiles.views.rulings import with_rulings
from simlane.sim.models import Event, Session


def read(user: AbstractBaseUser | AnonymousUser, event_id: int) -> Event | None:
    """The event, with what stewards' decisions need; None where this person may not look at it."""
    chosen = Event.objects.select_related("simulator", "track", "league").filter(pk=event_id)
    found = with_rulings(chosen, user).first()
    return found if found is not None and _is_open(found, user) else None


def read_session(user: AbstractBaseUser | AnonymousUser, event_id: int, number: int) -> Session | None:
    """The event's session of that number, which knows its event; None where this person may not look at it."""
    event = read(user, event_id)
    found = event.sessions.filter(number=number).first() if event else None
    if event and found:
        found.event = event
    return found


def elsewhere(request: HttpRequest, address: str) -> HttpResponse | None:
    """The way to the page's own address with all parameters, where it was asked for by another one.

    A number alone was the address once, and leads there for good. Other words may be the event's name of tomorrow: a
    browser that kept that way for good would go round in a circle.
    """
    if request.path == address:
        return None
    query = request.META.get("QUERY_STRING", "")
    by_number = request.resolver_match is not None and request.resolver_match.url_name == "event_by_number"
    answer = HttpResponsePermanentRedirect if by_number else HttpResponseRedirect
    return answer(f"{address}?{query}" if query else address)


def _is_open(event: Event, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether the person may look at the event: one that is withdrawn is for staff, and who may bring it back."""
    return event.withdrawn_at is None or getattr(user, "is_staff", False) or may_decide(event, user)
