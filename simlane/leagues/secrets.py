"""Secrets of links and tokens: shown once, kept as a digest.

They are 256 random bits, so one SHA-256 is enough: nobody can try them out, with or without the digest.
"""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """A secret for an address or a header."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
