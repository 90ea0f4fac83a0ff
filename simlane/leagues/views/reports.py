""" "This is wrong" and "That is not me": the form on an event, and the answers of those who run its league."""

from __future__ import annotations

from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from simlane.leagues import detachments, reports
from simlane.leagues.access import league_of, role_of
from simlane.leagues.forms import AnswerForm, NotMeForm, ReportForm
from simlane.leagues.models import Report, Role
from simlane.profiles.addresses import of_event
from simlane.sim.errors import Refused
from simlane.sim.models import Event, SimProfile
from simlane.users.views.access import member, member_page
from simlane.web import keyset
from simlane.web.listing import paged, show

ANSWERED_SHOWN = 20
Drives = list[tuple[SimProfile, list[tuple[int, str]]]]
#: By key: SQLite keeps the times it gives itself to the millisecond, and no cursor finds them again.
NEWEST = keyset.Order("id", descending=True)


@member_page("POST", limit="league")
def report(request: HttpRequest, event_id: int) -> HttpResponse:
    """Says what is wrong with an event."""
    event = get_object_or_404(Event.objects.standing().select_related("league"), pk=event_id)
    drives = detachments.own_drives(event, request.user)
    given = request.POST if request.method == "POST" else None
    initial = {"kind": request.GET.get("kind")}
    form = NotMeForm(given, initial=initial, drives=_choices(drives)) if drives else ReportForm(given, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if refusal := consume_or_429(request, action="report"):
                return refusal
            try:
                reports.report(
                    event,
                    member(request),
                    form.cleaned_data["kind"],
                    form.cleaned_data["message"],
                    *_chosen(drives, form),
                )
            except Refused as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, "It is with those who can put it right. You are told as soon as they answer.")
                return redirect(of_event(event))
    mine = Report.objects.filter(event=event, user=member(request)).order_by("-pk")
    return render(request, "leagues/report.html", {"event": event, "form": form, "mine": mine}, status=status)


def _choices(drives: Drives) -> list[tuple[str, str]]:
    """All of the event, and each of its sessions, for each of the profiles."""
    found = []
    for profile, sessions in drives:
        found.append((str(profile.pk), f"All of this event, as {profile.public_name}"))
        if len(sessions) > 1:
            found += [(f"{profile.pk}.{number}", f"{name}, as {profile.public_name}") for number, name in sessions]
    return found


def _chosen(drives: Drives, form: ReportForm) -> tuple[SimProfile | None, int | None]:
    """The profile and the session's number that a report is about; none of "This is wrong"."""
    key, _, number = str(form.cleaned_data.get("drive", "")).partition(".")
    if form.cleaned_data["kind"] != Report.Kind.NOT_ME:
        return None, None
    profile = next((profile for profile, _ in drives if str(profile.pk) == key), None)
    return profile, int(number) if number else None


@member_page()
def league_reports(request: HttpRequest, slug: str) -> HttpResponse:
    """What was said of the league's events: what waits first."""
    league = league_of(request.user, slug, Role.ORGANISER)
    found = reports.of_league(league)
    context = {
        "league": league,
        "role": role_of(request.user, league),
        "page": paged(request, found.filter(state=Report.State.OPEN), NEWEST),
        "answered": found.filter(state=Report.State.ANSWERED)[:ANSWERED_SHOWN],
    }
    return show(request, "leagues/reports.html", context)


@require_POST
@member_page("POST", limit="league")
def answer(request: HttpRequest, slug: str, report_id: int) -> HttpResponse:
    """Answers one of them; with `agree` the drive is not theirs, with `undo` it is theirs after all."""
    league = league_of(request.user, slug, Role.ORGANISER)
    found = get_object_or_404(reports.of_league(league), pk=report_id)
    form = AnswerForm(request.POST)
    if "agree" in request.POST or "undo" in request.POST:
        try:
            if "undo" in request.POST:
                detachments.undo(found, member(request))
            else:
                detachments.agree(found, member(request), request.POST.get("answer", "")[:2000])
        except Refused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"Decided, and every figure follows. {found.user.get_username()} is told.")
    elif form.is_valid():
        try:
            reports.answer(found, member(request), form.cleaned_data["answer"])
        except Refused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{found.user.get_username()} is told.")
    else:
        messages.error(request, "Write an answer of at most 2,000 characters.")
    return redirect("leagues:reports", slug)
