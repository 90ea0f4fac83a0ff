"""The rollout of the public profiles: the flag `public_profiles`, which staff set in the admin.

Without such a flag `ENABLE_PUBLIC_PROFILES` decides for everybody. Where it is off for a visitor, the public pages
do not exist and nothing links to them; the home page, the members' pages and the admin stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from waffle import flag_is_active, get_waffle_flag_model

from simlane.profiles.views.missing import not_found

FLAG = "public_profiles"
ALWAYS = {"home"}
#: The apps whose pages are public ones; a room above adds its own, in its app's ready().
GATED = {"profiles"}


def has_public_profiles(request: HttpRequest) -> bool:
    """Whether this visitor has them; the answer is kept in a cookie where the flag goes by percent."""
    # A request refused before the authentication middleware has no user.
    return hasattr(request, "user") and bool(flag_is_active(request, FLAG))


def visitors_have_public_profiles() -> bool | None:
    """Whether visitors without an account have them; None where it differs from visitor to visitor."""
    flag = get_waffle_flag_model().get(FLAG)
    if not flag.pk:
        return bool(settings.ENABLE_PUBLIC_PROFILES)
    if flag.everyone is not None:
        return bool(flag.everyone)
    return None if flag.testing or flag.languages or flag.percent else False


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
        if match is None or match.app_name not in GATED or match.url_name in ALWAYS or has_public_profiles(request):
            return None
        return not_found(request, "")
