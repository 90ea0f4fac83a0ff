"""The peers as fixtures: a test that names one has a site that is set up for it."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from simlane.config import platforms
from tests.users.platforms.peers import IRacingPeer, SteamPeer


def _set_up(settings: Settings, **providers: dict[str, object]) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {**settings.SOCIALACCOUNT_PROVIDERS, **providers}
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"] = ["'self'", *platforms.form_targets(settings.SOCIALACCOUNT_PROVIDERS)]
    settings.CONTENT_SECURITY_POLICY = policy


@pytest.fixture
def steam(settings: Settings) -> Iterator[SteamPeer]:
    peer = SteamPeer()
    _set_up(settings, steam={"APP": {"client_id": "steam", "secret": ""}, "ENDPOINT": peer.endpoint})
    yield peer
    peer.stop()


@pytest.fixture
def iracing(settings: Settings) -> Iterator[IRacingPeer]:
    peer = IRacingPeer()
    app = {"client_id": peer.client_id, "secret": peer.secret}
    base = f"{peer.url}/oauth2"
    urls = {
        "AUTHORIZE_URL": f"{base}/authorize",
        "TOKEN_URL": f"{base}/token",
        "PROFILE_URL": f"{base}/iracing/profile",
    }
    _set_up(settings, iracing={"APP": app, "OAUTH_PKCE_ENABLED": True, **urls})
    yield peer
    peer.stop()
