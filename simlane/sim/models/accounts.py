"""How tables point at the account that did something, or had it."""

from __future__ import annotations

from django.conf import settings
from django.db import models


def somebody() -> models.ForeignKey[models.Model | None, models.Model | None]:
    """An account that may be gone by now: only its number, and no name."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
    )
