"""Accounts. A person's sim profiles are not here: a profile belongs to nobody, it only points at an account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models

from simlane.sim.identity.names import fold
from simlane.users.account_names import check_username

NAMES = ("username", "first_name", "last_name")
FILLED_AT_ONCE = 500


class User(AbstractUser):
    """An account on SimLane.

    `search_key` is what a search compares, once a verified link makes the account known; `has_driver_page` is the
    member's own wish: the page is there only while it has a verified, public profile to show.
    """

    search_key = models.TextField(db_default="", editable=False)
    has_driver_page = models.BooleanField(default=False, db_default=False, help_text="Whether it published its page")

    def clean(self) -> None:
        """Every form that names an account asks this: the members' own, the staff's, and signing up by the adapter."""
        super().clean()
        try:
            check_username(self)
        except ValidationError as error:
            raise ValidationError({"username": error}) from error

    def save(self, *args: Any, **options: Any) -> None:
        """Keep `search_key` with the names it is made of."""
        written = options.get("update_fields")
        if written is None or set(written) & set(NAMES):
            self.search_key = search_key(*(getattr(self, name) for name in NAMES))
            if written is not None:
                options["update_fields"] = {*written, "search_key"}
        super().save(*args, **options)

    @classmethod
    def fill_search_keys(cls) -> None:
        """For accounts that others than this class made: the old release, while both serve."""
        unknown = cls.objects.filter(search_key="").order_by("pk")
        while batch := list(unknown.only("pk", *NAMES)[:FILLED_AT_ONCE]):
            for user in batch:
                user.search_key = search_key(*(getattr(user, name) for name in NAMES))
            cls.objects.bulk_update(batch, ["search_key"])


class Daily(models.Model):
    """When a daily job is due; see simlane.users.daily."""

    name = models.CharField(max_length=50, primary_key=True)
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


def search_key(*names: str) -> str:
    """The folded names of an account, each between spaces, so that words can be told apart."""
    return fold(" ".join(names))
