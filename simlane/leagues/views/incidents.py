"""A driver's report of an incident, and the stewards' queue with the answers."""

from __future__ import annotations

from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from simlane.leagues import incidents
from simlane.leagues.access import league_of, role_of
from simlane.leagues.forms import AnswerForm, IncidentForm
from simlane.leagues.models import Incident, Role
from simlane.profiles.addresses import of_event
from simlane.sim.errors import Refused
from simlane.users.views.access import member, member_page
from simlane.web import keyset
from simlane.web.listing import paged, show

ANSWERED_SHOWN = 20
#: The longest waiting first.
OLDEST = keyset.Order("id")


@member_page("POST", limit="league")
def incident(request: HttpRequest, event_id: int) -> HttpResponse:
    """Reports an incident to the stewards of the event's league."""
    event = get_object_or_404(incidents.reportable(), pk=event_id)
    sessions = list(event.sessions.all())
    data = request.POST if request.method == "POST" else None
    form = IncidentForm(
        data, sessions=sessions, instance=Incident(event=event), initial={"session": request.GET.get("session")}
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            if refusal := consume_or_429(request, action="report"):
                return refusal
            try:
                incidents.report(form.save(commit=False), member(request))
            except Refused as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, "It is with the stewards. You are told as soon as they answer.")
                return redirect(of_event(event))
    mine = Incident.objects.filter(event=event, user=member(request)).order_by("-pk")
    context = {"event": event, "form": form, "mine": mine}
    return render(request, "leagues/incident.html", context, status=status)


@member_page()
def stewards(request: HttpRequest, slug: str) -> HttpResponse:
    """What drivers reported of the league's events, the longest waiting first."""
    league = league_of(request.user, slug, Role.STEWARD)
    found = incidents.of_league(league)
    context = {
        "league": league,
        "role": role_of(request.user, league),
        "page": paged(request, found.filter(answered_at=None), OLDEST),
        "answered": found.exclude(answered_at=None)[:ANSWERED_SHOWN],
    }
    return show(request, "leagues/stewards.html", context)


@require_POST
@member_page("POST", limit="league")
def answer(request: HttpRequest, slug: str, incident_id: int) -> HttpResponse:
    """Answers one of them."""
    league = league_of(request.user, slug, Role.STEWARD)
    found = get_object_or_404(incidents.of_league(league), pk=incident_id)
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            incidents.answer(found, member(request), form.cleaned_data["answer"])
        except Refused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{found.user.get_username()} is told.")
    else:
        messages.error(request, "Write an answer of at most 2,000 characters.")
    return redirect("leagues:stewards", slug)
