"""A member's driver page, the copy of their data, the deletion of their account."""

from __future__ import annotations

import json
from typing import cast

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.ratelimit import consume
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import BadRequest
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from simlane.sim.models import SimProfile
from simlane.users import account_deletion
from simlane.users.account_names import NO_ADDRESS
from simlane.users.models import User
from simlane.users.personal_data import everything_about
from simlane.users.views.access import member, member_page
from simlane.web.listing import show

TOO_OFTEN = "You have downloaded your data five times within an hour. Nothing was sent: try again in an hour."


@member_page("POST")
def driver_page(request: HttpRequest) -> HttpResponse:
    """Publish the page that gathers the member's profiles, or take it back."""
    user = member(request)
    if request.method == "POST":
        wanted = request.POST.get("driver_page")
        if wanted not in {"on", "off"}:
            raise BadRequest("The driver page is “on” or “off”. Nothing was changed.")
        if wanted == "on" and user.username in NO_ADDRESS:
            messages.error(request, f"“{user.username}” cannot stand in an address: choose another username first.")
        else:
            User.objects.filter(pk=user.pk).update(has_driver_page=wanted == "on")
            messages.success(
                request, "Your driver page is published." if wanted == "on" else "Your page is taken back."
            )
        return redirect("users:driver_page")
    profiles = list(
        SimProfile.objects.linked_to(user)
        .select_related("simulator")
        .defer("profile_data")
        .order_by("simulator__name", "name_key")
    )
    context = {
        "shown": [profile for profile in profiles if profile.is_verified and profile.is_public],
        "left_out": [profile for profile in profiles if not (profile.is_verified and profile.is_public)],
    }
    return show(request, "users/driver_page.html", context)


@member_page("POST")
def data(request: HttpRequest) -> HttpResponse:
    """Everything the site holds about the member, as a file."""
    if request.method != "POST":
        return show(request, "users/data.html", {})
    if not consume(request, action="data", user=request.user):
        response = show(request, "users/data.html", {"error": TOO_OFTEN})
        response.status_code = 429
        return response
    text = json.dumps(everything_about(member(request)), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="simlane-{timezone.now():%Y-%m-%d}.json"'
    return response


@member_page("POST")
def delete(request: HttpRequest) -> HttpResponse:
    """End the account: asks for the password first, or for the username where there is none to ask for."""
    try:
        return cast("HttpResponse", _delete(request))
    except ReauthenticationRequired:
        if request.method == "POST":
            # Not resumed after the password: the member must press the button again.
            return redirect("users:delete")
        raise


@reauthentication_required
def _delete(request: HttpRequest) -> HttpResponse:
    user = member(request)
    context = {
        "type_username": not get_adapter(request).get_reauthentication_methods(user),
        "only_superuser": account_deletion.is_only_superuser(user),
        "profiles": SimProfile.objects.linked_to(user).count(),
    }
    if request.method == "POST":
        if context["type_username"] and request.POST.get("username", "").strip() != user.username:
            return show(request, "users/delete.html", context | {"error": "That is not your username."})
        try:
            account_deletion.delete_account(user)
        except account_deletion.OnlySuperuserError:
            return show(request, "users/delete.html", context | {"only_superuser": True})
        logout(request)
        return redirect("users:goodbye")
    return show(request, "users/delete.html", context)


@require_safe
def goodbye(request: HttpRequest) -> HttpResponse:
    """After the end of an account."""
    response = render(request, "users/goodbye.html")
    add_never_cache_headers(response)
    return response
