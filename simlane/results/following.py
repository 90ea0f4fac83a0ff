"""What follows when sessions no longer stand: their rows, and everything that profiles and events had from them.

In the end all is as if those sessions had never come in. Call these in one transaction, under the import's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from django.db.models import Exists, ForeignObjectRel, Max, Min, OuterRef, Q, QuerySet

from simlane.results import content, events, storing
from simlane.results.models import ResultFile, SessionFile
from simlane.results.profiles import newest_name, note_words
from simlane.sim.career import changes, records
from simlane.sim.career.slugs import give_slugs
from simlane.sim.career.statistics import recount
from simlane.sim.database import bulk
from simlane.sim.identity.names import fold, name_key
from simlane.sim.models import EntryDriver, Event, LegacyProfile, ProfileName, Session, SimProfile, Track
from simlane.sim.models.leagues import counted
from simlane.sim.ownership.code_text import without_codes
from simlane.sim.ownership.locks import atomic_with_retry, lock_profiles

#: Profiles, and the names by which they drove in what was taken away.
Touched = dict[UUID, set[str]]

#: Events whose records one transaction renews.
AT_ONCE = 200


def take_away(sessions: Collection[int]) -> Touched:
    """Deletes the sessions with their entries, drivers and laps; returns whose they were, locked."""
    drives = EntryDriver.objects.filter(entry__session__in=sessions, profile__isnull=False)
    touched: Touched = {}
    # A merge that has just moved drives moved them to a profile that is not locked yet.
    while missing := set(drives.values_list("profile", flat=True)) - touched.keys():
        lock_profiles(SimProfile.objects.filter(pk__in=missing))
        touched |= {key: set() for key in missing}
    for profile, name in drives.values_list("profile", "name").distinct():
        touched[profile].add(without_codes(name))
    Session.objects.filter(pk__in=sessions).delete()
    return touched


def follow(touched: Touched, places: Iterable[Event]) -> None:
    """Brings events and profiles in line with what stands."""
    places = list(places)
    changes.note(places)
    everybody = dict(touched)
    for event in places:
        if _renew(event):
            there = EntryDriver.objects.filter(entry__session__event=event, profile__isnull=False)
            for profile in set(there.values_list("profile", flat=True)) - everybody.keys():
                everybody[profile] = set()
    records.renew([event.pk for event in places])
    if not everybody:
        return
    nameless = _renew_names(touched) if touched else []
    recount(list(everybody))
    if nameless:
        _forget(nameless)


@atomic_with_retry
def count_anew(profiles: Collection[UUID], places: QuerySet[Event]) -> None:
    """Brings drivers of these events in line with whether their results count now: their names and figures."""
    storing.lock()
    lock_profiles(SimProfile.objects.filter(pk__in=profiles))
    touched: Touched = {key: set() for key in profiles}
    drives = EntryDriver.objects.filter(profile__in=profiles, entry__session__event__in=places)
    for profile, name in drives.values_list("profile", "name").distinct():
        touched[profile].add(without_codes(name))
    _renew_names(touched)
    recount(list(profiles))


def renew_records(places: QuerySet[Event]) -> None:
    """Brings the records of tracks in line with these events, some at a time, each batch in its own transaction."""
    keys = list(places.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        _renew_records(keys[start : start + AT_ONCE])


@atomic_with_retry
def _renew_records(events: Collection[int]) -> None:
    storing.lock()
    records.renew(events)


def _renew(event: Event) -> bool:
    """Makes the event what its standing files say; whether it is on another track now."""
    files = ResultFile.objects.filter(pk__in=SessionFile.objects.filter(session__event=event).values("file"))
    if not Session.objects.filter(event=event).exists():
        Event.objects.filter(pk=event.pk, withdrawn_at__isnull=True).update(withdrawn_at=datetime.now(UTC))
        return False
    known = list(files)
    if Session.objects.filter(event=event, of_file=None).exists() or any(file.content is None for file in known):
        # Of what came in before files were kept nobody knows what it said of the event.
        Event.objects.filter(pk=event.pk).update(withdrawn_at=None)
        return False
    before = event.track_id
    said = [(content.decode(cast("bytes", file.content)), file.imported_at) for file in known]
    if event.platform_id:
        # They are versions of one file: the newest knows best.
        said.sort(key=lambda each: each[1], reverse=True)
    else:
        said.sort(key=lambda each: (storing.driven_at(each[0]), each[1]))
    first, came_in = said[0]
    track = None
    if first.track:
        track, _ = Track.objects.get_or_create(simulator_id=event.simulator_id, name=first.track, layout=first.layout)
        give_slugs([track])
    events.begin(event, first, track, came_in)
    for parsed, _ in said[1:]:
        events.extend(event, parsed)
    event.save(update_fields=events.FOLLOWING)
    return event.track_id != before


def _renew_names(touched: Touched) -> list[UUID]:
    """The profiles' names are those of their drives and those known from elsewhere; returns who has none left."""
    driven = _names_driven(touched)
    rows: dict[UUID, dict[str, ProfileName]] = {key: {} for key in touched}
    for row in ProfileName.objects.filter(profile__in=touched):
        rows[row.profile_id][row.name] = row
    gone: list[int] = []
    used: list[tuple[Any, ...]] = []
    new: list[ProfileName] = []
    renamed: list[tuple[Any, ...]] = []
    nameless: list[UUID] = []
    profiles = SimProfile.objects.filter(pk__in=touched).values_list("pk", "profile_name", "created_at")
    for profile, shown, created_at in profiles:
        names: dict[str, datetime] = {}
        for name, row in rows[profile].items():
            if row.from_results:
                last = driven[profile].get(name)
            elif name in touched[profile]:
                last = max(created_at, driven[profile].get(name, created_at))
            else:
                last = row.last_used_at
            if last is None:
                gone.append(row.pk)
                continue
            names[name] = last
            if last != row.last_used_at:
                used.append((row.pk, bulk.stored(last)))
        for name in driven[profile].keys() - names.keys():
            names[name] = driven[profile][name]
            new.append(
                ProfileName(
                    profile_id=profile, name=name, folded=fold(name), last_used_at=names[name], from_results=True
                )
            )
        if not names:
            nameless.append(profile)
            # Who is more than a driver of these results keeps the name that is shown.
            gone = [key for key in gone if shown not in rows[profile] or key != rows[profile][shown].pk]
        elif (newest := newest_name(names)) != shown:
            renamed.append((bulk.stored(profile), newest, name_key(newest)))
    ProfileName.objects.filter(pk__in=gone).delete()
    bulk.update(ProfileName, ("last_used_at",), used)
    ProfileName.objects.bulk_create(new)
    note_words(row.folded for row in new)
    bulk.update(SimProfile, ("profile_name", "name_key"), renamed)
    return nameless


def _names_driven(profiles: Collection[UUID] | Mapping[UUID, object]) -> dict[UUID, dict[str, datetime]]:
    """By which names each profile drives in what stands, and when last; without any, as one without a name.

    What does not count names only who has nothing else.
    """
    found: dict[UUID, dict[str, datetime]] = {key: {} for key in profiles}
    uncounted: dict[UUID, dict[str, datetime]] = {key: {} for key in profiles}
    since: dict[UUID, datetime] = {}
    drives = EntryDriver.objects.filter(profile__in=profiles).order_by()
    rows = drives.annotate(counts=Q(counted("entry__session__event__"))).values_list("profile", "name", "counts")
    for profile, name, counts, last, first in rows.annotate(last=Max("raced_at"), first=Min("raced_at")):
        since[profile] = min(first, since.get(profile, first))
        names = (found if counts else uncounted)[profile]
        if plain := without_codes(name):
            names[plain] = max(last, names.get(plain, last))
    found = {key: names or uncounted[key] for key, names in found.items()}
    return {key: names or ({"": since[key]} if key in since else {}) for key, names in found.items()}


def _forget(profiles: Collection[UUID]) -> None:
    """Deletes those of the profiles that results alone made: nothing but their last name points at them."""
    results_only: QuerySet[SimProfile] = SimProfile.objects.filter(
        ~Exists(LegacyProfile.objects.filter(pk=OuterRef("pk"))),
        pk__in=profiles,
        linked_user__isnull=True,
        merged_into__isnull=True,
    )
    for relation in SimProfile._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.related_model not in changes.DERIVED:
            rows = relation.related_model._default_manager.filter(**{relation.field.name: OuterRef("pk")})
            results_only = results_only.filter(~Exists(rows))
    gone = list(results_only.values_list("pk", flat=True))
    SimProfile.objects.filter(pk__in=gone).delete()
