"""Steam: OpenID 2.0, by python3-openid behind django-allauth's provider, at one fixed endpoint.

https://partner.steamgames.com/doc/features/auth#website: the claimed id is
https://steamcommunity.com/openid/id/<SteamID64>, and each assertion is confirmed by asking Steam itself.

Against the library's defaults: no discovery, neither at the start nor of the claimed id (that one comes from the
visitor, who could name any address); no association, so that Steam confirms every assertion directly; no player
summary, so that no Web API key is needed and Steam tells us the SteamID64 and nothing else.
"""

from __future__ import annotations

import re
import time
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.openid.models import OpenIDNonce
from allauth.socialaccount.providers.steam.provider import SteamOpenIDProvider
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from openid.consumer.consumer import AuthRequest, GenericConsumer, ProtocolError
from openid.consumer.discover import OPENID_2_0_TYPE, OpenIDServiceEndpoint
from openid.message import OPENID2_NS, Message

CLAIMED_ID = re.compile(r"https://steamcommunity\.com/openid/id/(7656119[0-9]{10})")
#: How far Steam's clock and ours may be apart, and how old an assertion may be, in seconds.
NONCE_SECONDS = 600
NONCE_LENGTH = 255


class NonceStore:
    """python3-openid's store: remembers the nonces of assertions, and no associations."""

    def useNonce(self, server_url: str, timestamp: int, salt: str) -> bool:  # noqa: N802 - the library's name
        """Whether the nonce is fresh and met for the first time."""
        now = int(time.time())
        if abs(timestamp - now) > NONCE_SECONDS or len(salt) > NONCE_LENGTH or "\0" in salt:
            return False
        OpenIDNonce.objects.filter(timestamp__lt=now - 2 * NONCE_SECONDS).delete()
        mine = OpenIDNonce.objects.create(server_url=server_url, timestamp=timestamp, salt=salt)
        # Written first, then looked for: of two that come at once at most one is the only one.
        same = OpenIDNonce.objects.filter(server_url=server_url, timestamp=timestamp, salt=salt)
        return not same.exclude(pk=mine.pk).exists()

    def getAssociation(self, server_url: str, handle: str | None = None) -> None:  # noqa: N802
        """None: the signature is checked by asking Steam."""

    def removeAssociation(self, server_url: str, handle: str) -> None:  # noqa: N802
        """There is none."""


class SteamConsumer(GenericConsumer):
    """The library's checks of an assertion, with a fixed endpoint instead of discovery."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(NonceStore())
        self.endpoint = endpoint

    def _discoverAndVerify(self, claimed_id: str, to_match_endpoints: list[Any]) -> Any:  # noqa: N802
        found = OpenIDServiceEndpoint()
        found.type_uris = [OPENID_2_0_TYPE]
        found.claimed_id = found.local_id = claimed_id
        found.server_url = self.endpoint
        for to_match in to_match_endpoints:
            self._verifyDiscoverySingle(found, to_match)
        return found

    def _makeKVPost(self, request_message: Any, server_url: str) -> Any:  # noqa: N802
        # RequestException passes through to the view: no answer is not the same as a no.
        with get_adapter().get_requests_session() as session:
            answer = session.post(server_url, data=request_message.toPostArgs())
        return Message.fromKVForm(answer.content)

    def steam_id(self, query: dict[str, str], return_to: str) -> str | None:
        """The SteamID64 that `query` proves, None when the person cancelled.

        `return_to` is the address that the answer came to. Raises ProtocolError when it proves nothing, and
        requests.RequestException when Steam cannot be asked.
        """
        if query.get("openid.ns") != OPENID2_NS:
            raise ProtocolError("not OpenID 2.0")
        if query.get("openid.mode") == "id_res":
            claimed = CLAIMED_ID.fullmatch(query.get("openid.claimed_id", ""))
            if not claimed or query.get("openid.identity") != claimed[0]:
                raise ProtocolError("the claimed id is none of Steam's")
        try:
            response = self.complete(Message.fromPostArgs(query), None, return_to)
        except (AttributeError, KeyError, TypeError, UnicodeError, ValueError) as error:
            # The library raises these for malformed answers.
            raise ProtocolError(str(error)) from error
        if response.status == "cancel":
            return None
        proved = CLAIMED_ID.fullmatch(response.identity_url or "") if response.status == "success" else None
        if not proved:
            raise ProtocolError(str(getattr(response, "message", response.status)))
        return proved[1]


class SteamProvider(SteamOpenIDProvider):
    """allauth's provider for Steam, with the SteamID64 alone."""

    @property
    def endpoint(self) -> str:
        return str(self.get_settings()["ENDPOINT"])

    def sociallogin_from_response(self, request: HttpRequest, response: str) -> Any:
        # The player summary that allauth fetches here is not wanted: past it, to the base of all providers.
        return super(SteamOpenIDProvider, self).sociallogin_from_response(request, response)

    def extract_uid(self, response: str) -> str:
        return response

    def extract_extra_data(self, response: str) -> dict[str, str]:
        return {}

    def extract_common_fields(self, response: str) -> dict[str, str]:
        return {}

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Sends the browser to Steam; the state's id is in `return_to`, which Steam signs."""
        state = self.stash_redirect_state(request, process, next_url, data, **kwargs)
        return_to = request.build_absolute_uri(f"{reverse('steam_callback')}?{urlencode({'state': state})}")
        asked = AuthRequest(OpenIDServiceEndpoint.fromOPEndpointURL(self.endpoint), None)
        return HttpResponseRedirect(asked.redirectURL(self.get_realm(request), return_to))
