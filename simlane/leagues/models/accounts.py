"""How the tables of this room point at accounts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


def owner(related_name: str) -> Any:
    """The account whose row this is: it goes with the account.

    On PostgreSQL the database itself deletes it, whatever statement deletes the account (see the migration); on
    SQLite a trigger does that for the old release (account_rows.py).
    """
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name=related_name, db_constraint=False, db_index=True
    )
