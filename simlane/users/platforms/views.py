"""To a platform and back: the start of a proof, and the callbacks, where proof and sign-in part."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import requests
from allauth.core.ratelimit import consume_or_429
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login, render_authentication_error
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.discord.views import DiscordOAuth2Adapter
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.steam.views import SteamOpenIDLoginView
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST, require_safe
from openid.consumer.consumer import ProtocolError

from simlane.users.platforms import PROVE, proof
from simlane.users.platforms.iracing import IRacingOAuth2Adapter
from simlane.users.platforms.steam import SteamConsumer
from simlane.users.views.access import member, member_page

View = Callable[..., HttpResponseBase]


def at(platform: str, view: View) -> View:
    """The view, which is a 404 while the platform is not set up, at a visitor's pace and never kept by a browser."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if platform not in settings.SOCIALACCOUNT_PROVIDERS:
            raise Http404(f"{platform} is not set up")
        if refusal := consume_or_429(request, action="platform", limit_get=True):
            return refusal
        response = view(request, *args, **kwargs)
        add_never_cache_headers(response)
        return response

    return guarded


@require_POST
@member_page("POST")
def prove(request: HttpRequest, platform: str) -> HttpResponse:
    """Sends a member to `platform` to prove who they are there; `profile` in the form is the page they come from."""
    if platform not in {available.slug for available in proof.available()}:
        raise Http404(f"{platform} proves nothing here")
    if refusal := consume_or_429(request, action="prove"):
        return refusal
    profile = request.POST.get("profile") or None
    try:
        data = {"member": member(request).pk, "profile": profile and str(UUID(profile))}
    except ValueError as error:
        raise BadRequest("There is no such profile. Nothing was changed.") from error
    provider = get_adapter().get_provider(request, platform)
    response: HttpResponse = provider.redirect(request, PROVE, data=data)
    return response


def steam_answer(request: HttpRequest) -> HttpResponse:
    """Steam's answer, to a sign-in or to a proof."""
    provider = get_adapter().get_provider(request, "steam")
    # Used up before it is looked at: one answer for each time somebody was sent to Steam.
    state = statekit.unstash_state(request, provider_id=provider.sub_id, state_id=request.GET.get("state", ""))
    if state is None:
        return _error(request, provider, AuthError.UNKNOWN)
    try:
        identifier = SteamConsumer(provider.endpoint).steam_id(
            request.GET.dict(), request.build_absolute_uri(request.path)
        )
    except (ProtocolError, requests.RequestException) as error:
        return _error(request, provider, AuthError.UNKNOWN, error, state)
    if identifier is None:
        return _error(request, provider, AuthError.CANCELLED, state=state)
    if state.get("process") == PROVE:
        return proof.finish(request, provider.id, identifier, state)
    login = provider.sociallogin_from_response(request, identifier)
    login.state = state
    response: HttpResponse = complete_social_login(request, login)
    return response


def _error(
    request: HttpRequest,
    provider: Any,
    error: str,
    exception: Exception | None = None,
    state: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {"state": state}
    response: HttpResponse = render_authentication_error(
        request, provider, error=error, exception=exception, extra_context=context
    )
    return response


class IRacingCallbackView(OAuth2CallbackView):
    """allauth's view, which also gives the adapter the session's state, since a proof ends in the adapter."""

    adapter: IRacingOAuth2Adapter

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, response = super()._get_state(request, provider)
        self.adapter.state = state
        return state, response


steam_login = at("steam", SteamOpenIDLoginView.as_view())
steam_callback = at("steam", require_safe(steam_answer))
iracing_login = at("iracing", OAuth2LoginView.adapter_view(IRacingOAuth2Adapter))
iracing_callback = at("iracing", require_safe(IRacingCallbackView.adapter_view(IRacingOAuth2Adapter)))
discord_login = at("discord", OAuth2LoginView.adapter_view(DiscordOAuth2Adapter))
discord_callback = at("discord", require_safe(OAuth2CallbackView.adapter_view(DiscordOAuth2Adapter)))
