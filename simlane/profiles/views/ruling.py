"""The page on which a steward decides about an entry, and the acts on what was decided."""

from __future__ import annotations

from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from simlane.profiles.addresses import of_event
from simlane.profiles.forms import RulingForm
from simlane.profiles.views.events import chosen_session
from simlane.profiles.views.missing import not_found
from simlane.profiles.views.provenance import whole
from simlane.results import deciding
from simlane.results.deciders import RULINGS
from simlane.results.decisions import said_by
from simlane.results.models import Ruling, SessionFile
from simlane.results.parsed import ParsedSession
from simlane.results.rulings.standing import Place
from simlane.sim.errors import Refused
from simlane.sim.identity.identifiers import InvalidIdentifierError, normalise
from simlane.sim.models import Event, SimProfile

NOTHING_STANDS = "None of this event's results stands, so there is nothing to decide about."


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, event_id: int) -> HttpResponse:
    """Decides about an entry of the session that `session` asks for: the last race otherwise."""
    event = RULINGS.events(request.user).select_related("simulator", "league").filter(pk=event_id).first()
    if event is None:
        return not_found(request, "")
    sessions = list(event.sessions.all())
    session = chosen_session(request, sessions)
    try:
        place, said = _seen(request, event) if request.method == "POST" else _standing(session.pk if session else 0)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(of_event(event))
    form = RulingForm(said, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if refused := consume_or_429(request, action="decide"):
            return refused
        if form.is_valid() and _decide(request, event, place, form):
            messages.success(request, "It is decided, and every figure follows. Those whose result changes are told.")
            return redirect(f"{of_event(event)}{f'?session={session.number}' if session else ''}#rulings")
        status = 422
    context = {"event": event, "sessions": sessions, "session": session, "form": form, "place": place}
    return render(request, "profiles/rule.html", context, status=status)


def _standing(session: int) -> tuple[Place, ParsedSession]:
    """Which file's session stands there, and what it says; raises Refused."""
    origin = SessionFile.objects.select_related("file").filter(session=session).first()
    if origin is None:
        raise Refused(NOTHING_STANDS)
    return Place(origin.file_id, origin.number), said_by(origin.file).sessions[origin.number]


def _seen(request: HttpRequest, event: Event) -> tuple[Place, ParsedSession]:
    """Which version the form showed, whatever stands by now."""
    key, _, number = request.POST.get("version", "").partition(".")
    file = event.result_files.filter(pk=whole(key)).first()
    sessions = said_by(file).sessions if file else []
    if file is None or whole(number) >= len(sessions):
        raise BadRequest("This event has no such file. Open the page again.")
    return Place(file.pk, whole(number)), sessions[whole(number)]


def _decide(request: HttpRequest, event: Event, place: Place, form: RulingForm) -> bool:
    data = form.cleaned_data
    try:
        name, identifier = "", ""
        if data["kind"] == Ruling.Kind.DRIVER:
            name, identifier = _driver(request, event, data["driver_name"], data["driver_id"])
        deciding.rule(
            place,
            data["entry"],
            Ruling.Kind(data["kind"]),
            value=data["value"],
            driver_name=name,
            driver_identifier=identifier,
            reason=data["reason"],
            final=data["final"],
            by=request.user.pk,
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def _driver(request: HttpRequest, event: Event, name: str, typed: str) -> tuple[str, str]:
    """The name and platform id of who drove; of a profile that this person may see, its own name where none is given.

    Raises Refused for what is no id, and for an id without a name.
    """
    if not typed:
        return name, ""
    try:
        identifier = normalise(event.simulator.identifier_kind, typed)
    except InvalidIdentifierError as error:
        raise Refused(f"That cannot be: {error}.") from error
    seen = SimProfile.objects.visible_to(request.user).filter(simulator=event.simulator, profile_identifier=identifier)
    known = seen.values_list("profile_name", flat=True).first()
    if not (name or known):
        raise Refused("Nobody with this id is known here: write their name, too.")
    return name or known or "", identifier


@require_POST
def act(request: HttpRequest, event_id: int, ruling_id: int) -> HttpResponse:
    """Undoes a decision, or makes it final."""
    event = RULINGS.events(request.user).filter(pk=event_id).first()
    of_event_ = Ruling.objects.filter(pk=ruling_id, session__versions__file__event=event_id)
    if event is None or not of_event_.exists():
        return not_found(request, "")
    if refusal := consume_or_429(request, action="decide"):
        return refusal
    done = {"undo": deciding.undo, "final": deciding.make_final}.get(request.POST.get("act", ""))
    if done is None:
        raise BadRequest("Choose whether to undo the decision or to make it final.")
    try:
        done(ruling_id, reason=request.POST.get("reason", ""), by=request.user.pk)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, "It is undone, and every figure follows." if done is deciding.undo else "It is final."
        )
    number = request.POST.get("session", "")
    return redirect(f"{of_event(event)}{f'?session={whole(number)}' if number else ''}#rulings")
