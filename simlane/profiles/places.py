"""Tracks and cars that have a page, and those of them that a query finds: their slugs are in Latin letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.text import slugify

from simlane.sim.identity.names import fold
from simlane.sim.models import Car, Entry, Event, Track
from simlane.sim.models.leagues import counted
from simlane.sim.search.query import MAX_LENGTH, MAX_WORDS
from simlane.sim.search.spelling import latin

Place = TypeVar("Place", Track, Car)


def raced_on() -> QuerySet[Track]:
    """The tracks of events that count, which have a page."""
    there = Event.objects.standing().filter(counted(), track=OuterRef("pk"))
    return _with_any(Track.objects.all(), there)


def that_count() -> QuerySet[Entry]:
    """The entries of events that count and are not withdrawn."""
    event = "session__event__"
    return Entry.objects.filter(counted(event), **{f"{event}withdrawn_at__isnull": True})


def driven() -> QuerySet[Car]:
    """The cars that were driven in events that count, which have a page."""
    return _with_any(Car.objects.all(), that_count().filter(car=OuterRef("pk")))


def _with_any(places: QuerySet[Place], rows: QuerySet[Any]) -> QuerySet[Place]:
    """Those with a page and such a row. Not by EXISTS, for which PostgreSQL may read all rows there are."""
    found = places.alias(any=Subquery(rows.order_by().values("pk")[:1])).filter(any__isnull=False, slug__isnull=False)
    return found.select_related("simulator")


def by_slug(rows: QuerySet[Any], words: Sequence[str]) -> QuerySet[Any]:
    """Those whose slug holds every word, in Latin letters."""
    for word in words:
        slug = slugify(latin(word))
        rows = rows.filter(slug__contains=slug) if slug else rows.none()
    return rows


def called(rows: QuerySet[Any], query: str) -> QuerySet[Any]:
    """Those that a query on their list finds."""
    return by_slug(rows, fold(query[:MAX_LENGTH]).split()[:MAX_WORDS])
