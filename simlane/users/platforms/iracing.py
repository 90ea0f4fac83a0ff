"""iRacing: OAuth 2, authorization code with PKCE, on django-allauth's base.

Written after iRacing's own book: https://oauth.iracing.com/oauth2/book/ (authorize_endpoint, token_endpoint,
iracing_profile_endpoint, identity_verification_workflow). Only the scope `iracing.profile` is asked for: it gives the
customer id and the name, once; no token is kept.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base.provider import ProviderAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from django.http import HttpRequest

from simlane.sim.identity.identifiers import IdentifierKind, InvalidIdentifierError, normalise
from simlane.users.platforms import PROVE, proof


def masked(secret: str, client_id: str) -> str:
    """The secret as iRacing wants it sent (token_endpoint): it never leaves as it is."""
    return base64.b64encode(hashlib.sha256((secret + client_id.strip().lower()).encode()).digest()).decode()


class IRacingAccount(ProviderAccount):
    """A connected account, shown by the name that iRacing gave."""

    def to_str(self) -> str:
        return str(self.account.extra_data.get("iracing_name") or self.account.uid)


class IRacingOAuth2Adapter(OAuth2Adapter):
    """Trades the code for a token, and the token for the customer id."""

    provider_id = "iracing"
    #: The state that the session kept for this answer, set by the callback view.
    state: dict[str, Any] | None = None

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        settings = self.get_provider().get_settings()
        self.authorize_url = settings["AUTHORIZE_URL"]
        self.access_token_url = settings["TOKEN_URL"]
        self.profile_url = settings["PROFILE_URL"]

    def get_client(self, request: HttpRequest, app: Any) -> OAuth2Client:
        client: OAuth2Client = super().get_client(request, app)
        client.consumer_secret = masked(app.secret, app.client_id)
        return client

    def get_access_token_data(
        self, request: HttpRequest, app: Any, client: OAuth2Client, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        try:
            data = super().get_access_token_data(request, app, client, pkce_code_verifier=pkce_code_verifier)
        except (KeyError, TypeError, ValueError) as error:
            # allauth parses the answer and lets through what that raises.
            raise OAuth2Error("the token endpoint's answer cannot be read") from error
        if not isinstance(data, dict) or not isinstance(data.get("access_token"), str):
            raise OAuth2Error("the token endpoint gave no token")
        return {"access_token": data["access_token"]}

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """The customer's SocialLogin. For a proof there is none: ImmediateHttpResponse ends the view."""
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.profile_url, headers={"Authorization": f"Bearer {token.token}"})
        profile = answer.json()
        provider = self.get_provider()
        try:
            customer = provider.extract_uid(profile)
        except InvalidIdentifierError as error:
            raise OAuth2Error("the profile endpoint gave no customer id") from error
        if self.state and self.state.get("process") == PROVE:
            raise ImmediateHttpResponse(proof.finish(request, provider.id, customer, self.state))
        return provider.sociallogin_from_response(request, profile)


class IRacingProvider(OAuth2Provider):
    """Sign-in at iRacing, identified by the customer id."""

    id = "iracing"
    name = "iRacing"
    account_class = IRacingAccount
    oauth2_adapter_class = IRacingOAuth2Adapter
    pkce_enabled_default = True

    def get_default_scope(self) -> list[str]:
        return ["iracing.profile"]

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        # A link to our sign-in page must not choose the scope.
        return list(self.get_scope())

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, str]:
        return dict(self.get_auth_params())

    def extract_uid(self, data: Any) -> str:
        """The customer id as text; raises InvalidIdentifierError for anything but the number that iRacing documents."""
        customer = data.get("iracing_cust_id") if isinstance(data, dict) else None
        if not isinstance(customer, int):
            raise InvalidIdentifierError("no customer id")
        return normalise(IdentifierKind.IRACING, customer)

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, str]:
        return {"iracing_name": str(data.get("iracing_name") or "")[:100]}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, str]:
        return {}
