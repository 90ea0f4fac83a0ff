"""The rollout of the public profiles: the flag `public_profiles`, which staff set in the admin.

Without such a flag `ENABLE_PUBLIC_PROFILES` decides for everybody. Where it is off for a visitor, the public pages
do not exist and nothing links to them; the home page, the members' pages and the admin stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from waffle import flag_is_active

from simlane.profiles.views.missing import not_found

FLAG = "public_profiles"
ALWAYS = {"home"}


def has_public_profiles(request: HttpRequest) -> bool:
    """Whether this visitor has them; the answer is kept in a cookie where the flag goes by percent."""
    # A request refused before the authentication middleware has no user.
    return hasattr(request, "user") and bool(flag_is_active(request, FLAG))


def public_profiles(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: whether it may link to public profiles."""
    return {"public_profiles": has_public_profiles(request)}


class PublicProfilesMiddleware:
    """The one gate before all public pages, so that a new one cannot forget it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.app_name != "profiles" or match.url_name in ALWAYS or has_public_profiles(request):
            return None
        return not_found(request, "")
