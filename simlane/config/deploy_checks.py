"""What `check --deploy` says of settings that are fine for a first look and not for a site."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks


def site_is_named(**_: Any) -> list[checks.CheckMessage]:
    """A link in a mail that leads to `localhost` leads to its reader's own machine."""
    if urlsplit(settings.SITE_URL).hostname not in {"localhost", "127.0.0.1", "::1"}:
        return []
    return [
        checks.Warning(
            f"SITE_URL is {settings.SITE_URL}: links in mails lead to the reader's own machine.",
            hint="Set SITE_URL, as https://simlane.example.org, or ALLOWED_HOSTS.",
            id="simlane.W002",
        )
    ]


def mail_server_is_named(**_: Any) -> list[checks.CheckMessage]:
    """Without a mail server each mail goes to standard output, with the link in it that resets a password."""
    if settings.EMAIL_BACKEND != "django.core.mail.backends.console.EmailBackend":
        return []
    return [
        checks.Warning(
            "EMAIL_URL names no mail server: mails, and their links that reset passwords, are written to the log.",
            hint="Set EMAIL_URL, as smtp+tls://user:password@mail.example.org:587.",
            id="simlane.W001",
        )
    ]
