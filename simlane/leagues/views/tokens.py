"""A league's tokens: made, shown once, taken back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from simlane.leagues import tokens
from simlane.leagues.access import league_of, role_of
from simlane.leagues.forms import TokenForm
from simlane.leagues.models import Role, UploadedFile
from simlane.results.models import Way
from simlane.sim.errors import Refused
from simlane.users.notifications.mails import absolute
from simlane.users.views.access import member, member_page

RECENT = 10


@member_page("POST", limit="league")
def token_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The tokens that are good; a new one is shown on the answer that made it, and never again."""
    league = league_of(request.user, slug, Role.ORGANISER)
    form = TokenForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "league": league,
        "role": role_of(request.user, league),
        "api": absolute(reverse("api:results")),
    }
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made, secret = tokens.make(league, member(request), form.cleaned_data["name"])
            except Refused as error:
                form.add_error(None, str(error))
            else:
                context |= {"made": made, "secret": secret}
                form, status = TokenForm(), 200
    sent = UploadedFile.objects.filter(upload__league=league, upload__way=Way.TOKEN).select_related("event")
    context |= {
        "form": form,
        "tokens": league.tokens.filter(revoked_at=None),
        "files": sent.order_by("-upload__made_at")[:RECENT],
    }
    return render(request, "leagues/tokens.html", context, status=status)


@require_POST
@member_page("POST", limit="league")
def revoke(request: HttpRequest, slug: str, token_id: int) -> HttpResponse:
    """Takes a token back."""
    league = league_of(request.user, slug, Role.ORGANISER)
    found = get_object_or_404(league.tokens, pk=token_id)
    if tokens.revoke(league, token_id):
        messages.success(request, f"“{found.name}” is taken back: whoever has it brings in nothing more.")
    return redirect("leagues:tokens", slug)
