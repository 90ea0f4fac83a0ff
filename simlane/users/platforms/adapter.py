"""SimLane's adapter of django-allauth's sign-in at platforms."""

from __future__ import annotations

from typing import Any

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault
from django.http import HttpRequest

from simlane.users.platforms import PROVE, proof
from simlane.users.platforms.http import BoundedSession


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Keys come from the environment alone; names come from people, not from platforms; proofs end as proofs."""

    def list_apps(
        self, request: HttpRequest | None, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The platforms that are set up. No query: no page asks the database for keys."""
        return [
            SocialApp(provider=name, name=name, **configured["APP"])
            for name, configured in settings.SOCIALACCOUNT_PROVIDERS.items()
            if provider in (None, name) and client_id in (None, configured["APP"]["client_id"])
        ]

    def get_app(self, request: HttpRequest | None, provider: str, client_id: str | None = None) -> SocialApp:
        """An app without keys for a platform that is not set up any more, so that its connections can be removed."""
        apps = self.list_apps(request, provider=provider, client_id=client_id)
        return apps[0] if apps else SocialApp(provider=provider, name=provider)

    def list_providers(self, request: HttpRequest) -> list[Any]:
        """Without the general OpenID of any address, which is there for its tables only."""
        return [provider for provider in super().list_providers(request) if provider.uses_apps]

    def get_requests_session(self) -> requests.Session:
        return BoundedSession()

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        """Without the platform's names: a name is shown on verified profiles, so the member enters it."""
        return super().populate_user(request, sociallogin, {"username": data.get("username")})

    def serialize_instance(self, instance: Model) -> dict[str, Any]:
        """For the session, without database defaults, which allauth could not read back."""
        kept: dict[str, Any] = super().serialize_instance(instance)
        unset = {name for name, value in vars(instance).items() if isinstance(value, DatabaseDefault)}
        return {name: value for name, value in kept.items() if name.removeprefix("_db_") not in unset}

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """A proof that failed ends where it began, with a message."""
        state = (extra_context or {}).get("state")
        if state and state.get("process") == PROVE:
            raise ImmediateHttpResponse(proof.failed(request, provider.id, state, error=error, exception=exception))
