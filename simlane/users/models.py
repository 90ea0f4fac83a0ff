"""Accounts. A person's sim profiles are not here: a profile belongs to nobody, it only points at an account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models

from simlane.sim.names import fold

NAMES = ("username", "first_name", "last_name")


class User(AbstractUser):
    """An account on SimLane; `search_key` is what a search compares, once a verified link makes the account known."""

    search_key = models.TextField(db_default="", editable=False)

    def save(self, *args: Any, **options: Any) -> None:
        """Keep `search_key` with the names it is made of."""
        written = options.get("update_fields")
        if written is None or set(written) & set(NAMES):
            self.search_key = search_key(*(getattr(self, name) for name in NAMES))
            if written is not None:
                options["update_fields"] = {*written, "search_key"}
        super().save(*args, **options)


def search_key(*names: str) -> str:
    """The folded names of an account, each between spaces, so that words can be told apart."""
    return fold(" ".join(names))
