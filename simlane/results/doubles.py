"""Events of a league whose results are in among the site's and confirmed leagues' too: they are not to count twice."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, Subquery

from simlane.results import versions
from simlane.results.events import WEEKEND
from simlane.results.models import ResultFile, SessionFile
from simlane.sim.models import Event, Session
from simlane.sim.models.leagues import SHARED
from simlane.sim.models.querysets import EventQuerySet

FILES = 50


def doubles(events: EventQuerySet) -> dict[int, int]:
    """Of these events, all of leagues' own scopes, those that the shared one has too: each with the event there.

    It has the platform's number, or a file of theirs, also where that is withdrawn; or a session of theirs stands.
    """
    there = Event.objects.filter(scope=SHARED, simulator=OuterRef("simulator"), platform_id=OuterRef("platform_id"))
    numbered = events.exclude(platform_id="").annotate(there=Subquery(there.values("pk")[:1]))
    found = dict(numbered.filter(there__isnull=False).values_list("pk", "there"))
    files = ResultFile.objects.filter(event__in=events.values("pk"))
    for name in ("content_sha256", "sha256"):
        same = ResultFile.objects.filter(scope=SHARED, **{name: OuterRef(name)})
        pairs = files.annotate(there=Subquery(same.values("event")[:1])).filter(there__isnull=False)
        found = dict(pairs.values_list("event", "there")) | found
    return _same_sessions(events.exclude(pk__in=found)) | found


def _same_sessions(events: EventQuerySet) -> dict[int, int]:
    """Asked of every standing file there, where an event of that weekend is near: what is there is told by the file."""
    start = OuterRef("starts_at")
    near = Q(starts_at=None) | Q(starts_at__gte=start - WEEKEND, starts_at__lte=start + WEEKEND)
    others = Event.objects.standing().filter(
        near, scope=SHARED, simulator=OuterRef("simulator"), weekend=OuterRef("weekend")
    )
    found: dict[int, int] = {}
    possible = events.standing().filter(Exists(others), platform_id="").exclude(weekend="")
    stands = SessionFile.objects.filter(file=OuterRef("pk"))
    files = ResultFile.objects.filter(Exists(stands), event__in=possible.values("pk"))
    keys = list(files.order_by("pk").values_list("pk", flat=True))
    # A few at a time: each holds what a whole file said.
    for first in range(0, len(keys), FILES):
        for file in ResultFile.objects.filter(pk__in=keys[first : first + FILES]).order_by("pk"):
            if file.event_id not in found and (there := versions.standing_of(file, SHARED)):
                session = min(there.values())
                found[file.event_id] = Session.objects.values_list("event", flat=True).get(pk=session)
    return found
