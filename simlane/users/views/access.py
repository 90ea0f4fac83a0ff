"""Access to the members' pages, and to the profiles on them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from simlane.sim.models import SimProfile
from simlane.sim.models.querysets import SimProfileQuerySet
from simlane.users.models import User
from simlane.web.listing import show

MINE = "users:profile_sim_profiles"

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def member_page(*methods: str, limit: str = "link") -> Callable[[View[P]], View[P]]:
    """For members only: anybody else signs in first and comes back. POSTs are limited to a member's pace."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        @require_http_methods(["GET", "HEAD", *methods])
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                answer = redirect_to_login(request.get_full_path())
                # htmx would put the sign-in page into a part of this one.
                return HttpResponseClientRedirect(answer.url) if is_htmx(request) else answer
            if request.method == "POST" and (refusal := consume_or_429(request, action=limit)):
                return refusal
            return view(request, *args, **kwargs)

        return cast("View[P]", guarded)

    return decorate


def is_htmx(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]


def member(request: HttpRequest) -> User:
    """The signed-in account; only for views under `member_page`."""
    return cast("User", request.user)


def open_to(request: HttpRequest) -> SimProfileQuerySet:
    """The profiles this member may see: any other is a 404, whether it exists or not."""
    return SimProfile.objects.visible_to(request.user).select_related("simulator").defer("profile_data")


def linked_profile(request: HttpRequest, profile_id: str) -> SimProfile | None:
    """The profile, None when it points at somebody else or nobody; raises Http404."""
    profile = get_object_or_404(open_to(request), pk=profile_id)
    return profile if profile.linked_user_id == member(request).pk else None


def section(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return show(request, f"users/{template}", {"active_section": "sim_profiles", **context})


def not_mine(request: HttpRequest) -> HttpResponse:
    """Redirect to the list when the link has ended, as after a double click; never tell whose the profile is."""
    messages.error(request, "This profile is not linked to your account.")
    return redirect(MINE)
