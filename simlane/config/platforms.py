"""The platforms that members can sign in at, read from the environment: those without keys do not exist."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from simlane.config.environment import flag, text

#: Where Steam answers: the only place assertions about a Steam account are believed from.
STEAM_ENDPOINT = "https://steamcommunity.com/openid/login"
# iRacing's own book, https://oauth.iracing.com/oauth2/book/: /authorize, /token, /iracing/profile.
IRACING = "https://oauth.iracing.com/oauth2"
DISCORD_AUTHORIZE_URL = "https://discord.com/api/oauth2/authorize"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def credentials(platform: str) -> dict[str, str] | None:
    """`<PLATFORM>_CLIENT_ID` and `<PLATFORM>_CLIENT_SECRET`, None without both; one alone is refused."""
    names = [f"{platform}_CLIENT_ID", f"{platform}_CLIENT_SECRET"]
    missing = [name for name in names if name not in os.environ]
    if len(missing) == len(names):
        return None
    if missing:
        present = next(name for name in names if name not in missing)
        raise ImproperlyConfigured(f"{present} is set and {missing[0]} is not: signing in needs both, or neither.")
    return {"client_id": text(names[0], ""), "secret": text(names[1], "")}


def endpoint(name: str, *, default: str) -> str:
    """The address of a platform's endpoint: https, or http on this machine, without a query."""
    value = text(name, default)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={value!r} is no endpoint: {error}.") from error
    # The host goes into the Content-Security-Policy: nothing in it may end a directive.
    named = re.fullmatch(r"[a-z0-9.:-]+", host or "")
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    if not (secure and named) or parts.query or parts.fragment or parts.username or parts.password:
        raise ImproperlyConfigured(f"{name}={value!r} is no endpoint: use https://host/path.")
    return value


def read() -> dict[str, dict[str, Any]]:
    """django-allauth's SOCIALACCOUNT_PROVIDERS: an entry for each platform that is set up."""
    found: dict[str, dict[str, Any]] = {}
    # Steam gives nobody a key for this, and none is needed: allauth's provider wants an app all the same.
    if flag("STEAM_SIGN_IN", default=False):
        found["steam"] = {"APP": {"client_id": "steam", "secret": ""}, "ENDPOINT": STEAM_ENDPOINT}
    urls = {
        key: endpoint(f"IRACING_{key}", default=f"{IRACING}/{path}")
        for key, path in (("AUTHORIZE_URL", "authorize"), ("TOKEN_URL", "token"), ("PROFILE_URL", "iracing/profile"))
    }
    if app := credentials("IRACING"):
        found["iracing"] = {"APP": app, "OAUTH_PKCE_ENABLED": True, **urls}
    if app := credentials("DISCORD"):
        # No e-mail address is asked for: a new member types their own.
        found["discord"] = {"APP": app, "OAUTH_PKCE_ENABLED": True, "SCOPE": ["identify"]}
        found["discord"]["AUTHORIZE_URL"] = DISCORD_AUTHORIZE_URL
    return found


def form_targets(providers: dict[str, dict[str, Any]]) -> list[str]:
    """The origins that a form of ours may lead to: a browser refuses the redirect to any other."""
    addresses = [provider.get("ENDPOINT") or provider["AUTHORIZE_URL"] for provider in providers.values()]
    return sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, addresses)})
