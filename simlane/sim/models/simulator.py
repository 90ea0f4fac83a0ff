"""Platforms."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from simlane.sim.identity.identifiers import IdentifierKind

#: Slugs that are addresses of their own under /profiles/.
RESERVED_SLUGS = ("search", "compare")


class Simulator(models.Model):
    """A platform that drivers race on. Its identifier kind says what its drivers' ids look like."""

    name = models.CharField(max_length=100, unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    identifier_kind = models.CharField(
        max_length=20,
        choices=[(kind.value, kind.value) for kind in IdentifierKind],
        default=IdentifierKind.OTHER,
        db_default=IdentifierKind.OTHER.value,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(slug__in=RESERVED_SLUGS) & ~Q(slug=""),
                name="sim_simulator_slug_free",
                violation_error_message="This slug is an address of the site itself: choose another.",
            )
        ]

    def __str__(self) -> str:
        return self.name
