"""Where an event's results came from, which versions of them there are, and what was decided about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from simlane.profiles.addresses import of_event
from simlane.profiles.views.missing import not_found
from simlane.results import versions
from simlane.results.deciders import VERSIONS, decides_for_the_site
from simlane.results.models import Decision, ResultFile, SessionFile
from simlane.results.readers import READERS
from simlane.sim.errors import Refused
from simlane.sim.models import Event, Session

FORMATS = {reader.slug: reader.name for reader in READERS}
MAX_REASON = Decision._meta.get_field("reason").max_length or 0


@dataclass(frozen=True, slots=True)
class Version:
    """A file that came in, and the sessions of it that stand: each with its place in the file."""

    file: ResultFile
    format: str
    standing: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Provenance:
    """An event's versions, the newest last, and the decisions about them; `current` are those that stand."""

    versions: list[Version]
    decisions: list[Decision]
    is_staff: bool
    may_decide: bool

    @property
    def current(self) -> list[Version]:
        return [version for version in self.versions if version.standing]


def provenance(event: Event, sessions: Sequence[Session], user: AbstractBaseUser | AnonymousUser) -> Provenance:
    """What this person is told of where the event's results came from."""
    names = {session.pk: session.name for session in sessions}
    standing: dict[int, list[tuple[int, str]]] = {}
    rows = SessionFile.objects.filter(session__event=event).order_by("number")
    for session, file, number in rows.values_list("session_id", "file_id", "number"):
        standing.setdefault(file, []).append((number, names.get(session, "")))
    files = event.result_files.defer("content").select_related("brought_by").order_by("imported_at", "pk")
    decisions = event.decisions.select_related("by", "file", "other").defer("file__content", "other__content")
    return Provenance(
        versions=[Version(file, FORMATS.get(file.format, file.format), standing.get(file.pk, [])) for file in files],
        decisions=list(decisions.exclude(what=Decision.What.CAME_IN).order_by("-pk")),
        is_staff=getattr(user, "is_staff", False),
        may_decide=may_decide(event, user),
    )


def may_decide(event: Event, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether this person may withdraw the event's results and bring them back."""
    return VERSIONS.events(user).filter(pk=event.pk).exists()


@require_POST
def decide(request: HttpRequest, event_id: int) -> HttpResponse:
    """Withdraws or brings back results of the event: `of` is empty for all, a file, or a file and its session."""
    event = VERSIONS.events(request.user).filter(pk=event_id).first()
    if event is None:
        return not_found(request, "")
    if refusal := consume_or_429(request, action="decide"):
        return refusal
    acts: dict[str, Callable[..., object]] = {"withdraw": versions.withdraw, "bring_back": versions.bring_back}
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        raise BadRequest("Choose whether to withdraw these results or to bring them back.")
    of = request.POST.get("of", "")
    key, _, number = of.partition(".")
    file = event.result_files.filter(pk=whole(key)).select_related("event").first() if of else None
    if of and file is None:
        raise BadRequest("This event has no such file. Choose one of its files.")
    reason = " ".join(request.POST.get("reason", "").split())
    if not reason or len(reason) > MAX_REASON:
        messages.error(request, f"Say why, in at most {MAX_REASON} characters: everybody can read it.")
        return redirect(of_event(event))
    try:
        act(
            event,
            by=request.user.pk,
            reason=reason,
            file=file,
            number=whole(number) if number else None,
            by_staff=decides_for_the_site(request.user),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        done = "are withdrawn" if act is versions.withdraw else "stand again"
        messages.success(request, f"The results {done}, and every figure follows.")
    return redirect(of_event(event))


def whole(text: str) -> int:
    """The number of a file or a session, as a form sends it; raises BadRequest."""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadRequest("This event has no such file. Choose one of its files.")
    return int(text)
