"""The readable ends of addresses of tracks and cars: their names in Latin letters, digits and hyphens."""

from __future__ import annotations

from collections.abc import Iterable

from anyascii import anyascii
from django.utils.text import slugify

from simlane.sim.models.tracks import SLUG_LENGTH, Car, Track

#: Room for “-2” behind a slug that another one has.
_ROOM = 8


def slug_of(text: str) -> str:
    """The text in Latin letters, words joined by hyphens; “x” where nothing of it can be written so."""
    return slugify(anyascii(text))[: SLUG_LENGTH - _ROOM].strip("-") or "x"


def give_slugs(rows: Iterable[Track | Car]) -> None:
    """Gives those of the rows that have none a slug that is free, the oldest first.

    Call it under the lock of imports; the database refuses a slug that another has nevertheless.
    """
    for row in sorted((each for each in rows if each.slug is None), key=lambda each: each.pk):
        wanted = slug_of(str(row))
        others = type(row)._default_manager.filter(simulator=row.simulator_id, slug__startswith=wanted)
        taken = set(others.values_list("slug", flat=True))
        number, slug = 1, wanted
        while slug in taken:
            number += 1
            slug = f"{wanted}-{number}"
        row.slug = slug
        row.save(update_fields=["slug"])
