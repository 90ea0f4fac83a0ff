"""What `check --deploy` says of settings that are fine for a first look and not for a site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks


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
