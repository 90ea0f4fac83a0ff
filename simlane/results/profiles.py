"""Profiles out of results: who was seen under which platform id, by which name, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.utils import timezone

from simlane.sim.career.statistics import COUNTED
from simlane.sim.database import bulk
from simlane.sim.identity.names import fold, letters, name_key, words
from simlane.sim.models import EntryDriver, NameWord, ProfileName, SimProfile
from simlane.sim.models.leagues import counted
from simlane.sim.ownership.code_text import without_codes
from simlane.sim.ownership.merging import aliases

Identity = tuple[int, str]  #: simulator's key and canonical identifier

NEW_PROFILE_FIELDS = (
    "id",
    "simulator",
    "profile_name",
    "profile_identifier",
    "profile_data",
    "is_verified",
    "created_at",
    "name_key",
    "last_active_at",
)


class Sighting(NamedTuple):
    """A driver in a session; without a name (empty) nothing is said of the profile's, if it has one."""

    simulator_id: int
    identifier: str
    name: str
    raced_at: datetime
    #: Otherwise it names only a driver whom nobody knows.
    counts: bool = True


class _Known(NamedTuple):
    pk: UUID
    name: str
    starts: int
    merges: list[int]


class Recorded(NamedTuple):
    """Each identity's profile; the merges through which an identity led there; how much is new.

    `new` are the rows of profiles that `store_new` is to store, in the order of NEW_PROFILE_FIELDS.
    """

    keys: dict[Identity, UUID]
    merges: dict[Identity, list[int]]
    new: list[tuple[Any, ...]]
    counts: Counter[str]


def record_sightings(sightings: Iterable[Sighting]) -> Recorded:
    """Finds each driver's profile or a key for a new one, keeps every name, and lets the last be a profile's own."""
    names: dict[Identity, dict[str, datetime]] = {}
    uncounted: dict[Identity, dict[str, datetime]] = {}
    nameless: dict[Identity, datetime] = {}
    for sighting in sightings:
        of_driver = names.setdefault((sighting.simulator_id, sighting.identifier), {})
        if not sighting.counts:
            of_driver = uncounted.setdefault((sighting.simulator_id, sighting.identifier), {})
        if not sighting.name:
            nameless.setdefault((sighting.simulator_id, sighting.identifier), sighting.raced_at)
        elif sighting.name not in of_driver or of_driver[sighting.name] < sighting.raced_at:
            of_driver[sighting.name] = sighting.raced_at
    known = _known(names)
    keys = {identity: uuid4() for identity in names if identity not in known}
    idle = {identity for identity in keys if not names[identity] and identity in uncounted}
    for identity in keys:
        if not names[identity]:
            names[identity] = uncounted.get(identity) or {"": nameless[identity]}
    new = _new_profiles({identity: (key, names[identity]) for identity, key in keys.items()}, idle)
    keys.update({identity: profile.pk for identity, profile in known.items()})
    by_key: dict[UUID, dict[str, datetime]] = {}
    for identity, of_driver in names.items():
        # Two identities of one profile, when one was merged into the other.
        of_profile = by_key.setdefault(keys[identity], {})
        of_profile.update({name: max(at, of_profile.get(name, at)) for name, at in of_driver.items()})
    _forget_uncounted({profile.pk for each, profile in known.items() if names[each] and not profile.starts})
    newest = _record_names(by_key, [profile.pk for profile in known.values()])
    renamed = {
        profile.pk: newest[profile.pk]
        for profile in known.values()
        if newest.get(profile.pk, profile.name) != profile.name
    }
    rows = [(bulk.stored(key), name, name_key(name)) for key, name in renamed.items()]
    bulk.update(SimProfile, ("profile_name", "name_key"), rows)
    merges = {identity: profile.merges for identity, profile in known.items() if profile.merges}
    return Recorded(keys, merges, new, Counter(profiles=len(keys) - len(known), renamed=len(renamed)))


def _known(identities: Iterable[Identity]) -> dict[Identity, _Known]:
    by_simulator: dict[int, list[str]] = {}
    for simulator_id, identifier in identities:
        by_simulator.setdefault(simulator_id, []).append(identifier)
    known: dict[Identity, _Known] = {}
    merged: dict[Identity, UUID] = {}
    for simulator_id, identifiers in by_simulator.items():
        for chunk in bulk.chunks(identifiers):
            rows = _held(SimProfile.objects.filter(simulator_id=simulator_id, profile_identifier__in=chunk))
            for key, identifier, name, starts, merged_into in rows.values_list(
                "pk", "profile_identifier", "profile_name", "starts", "merged_into"
            ):
                known[simulator_id, identifier] = _Known(key, name, starts, [])
                if merged_into is not None:
                    merged[simulator_id, identifier] = key
    if merged:
        moved = True
        while moved:
            places = aliases(merged.values())
            rows = _held(SimProfile.objects.filter(pk__in={place for place, _ in places.values()}))
            kept, moved = {}, False
            for key, name, starts, merged_into in rows.values_list("pk", "profile_name", "starts", "merged_into"):
                kept[key], moved = (name, starts), moved or merged_into is not None
        for identity, key in merged.items():
            place, merges = places[key]
            known[identity] = _Known(place, *kept[place], merges)
    return known


def _held(rows: QuerySet[SimProfile]) -> QuerySet[SimProfile]:
    """Until the import ends none of them is merged into another or parted: the results would be the wrong one's."""
    return rows.select_for_update(no_key=True, of=("self",)).order_by("pk")


def _new_profiles(
    new: dict[Identity, tuple[UUID, dict[str, datetime]]], idle: Collection[Identity]
) -> list[tuple[Any, ...]]:
    """Their rows; `idle` are those who drove in nothing that counts: they have no activity (sim.career.statistics)."""
    stored = bulk.adapter()
    now = stored(timezone.now())
    rows = []
    for (simulator_id, identifier), (key, names) in new.items():
        name = newest_name(names)
        seen = now if (simulator_id, identifier) in idle else stored(names[name])
        rows.append((stored(key), simulator_id, name, identifier, "{}", False, now, name_key(name), seen))
    return rows


def store_new(recorded: Recorded, figures: Mapping[Any, tuple[Any, ...]]) -> None:
    """Stores the new profiles, each with what sim.career.statistics.beginning says of it: see there.

    All that points at them may be stored before: the database looks at the end of the transaction.
    """
    nothing = (*(0 for _ in COUNTED), None)
    rows = []
    for row in recorded.new:
        *counts, seen = figures.get(row[0], nothing)
        rows.append((*row[:-1], row[-1] if seen is None else max(row[-1], seen), *counts))
    bulk.insert(SimProfile, (*NEW_PROFILE_FIELDS, *COUNTED), rows)


def _forget_uncounted(profiles: Collection[UUID]) -> None:
    """What these drivers, of whom a counted name has come, have only from what does not count: names, and activity."""
    for chunk in bulk.chunks(list(profiles)):
        drives = EntryDriver.objects.filter(profile__in=chunk)
        doubtful = set(drives.exclude(counted("entry__session__event__")).values_list("profile", flat=True))
        if not doubtful:
            continue
        drove = drives.filter(counted("entry__session__event__"), profile__in=doubtful)
        good = {(profile, without_codes(name)) for profile, name in drove.values_list("profile", "name").distinct()}
        rows = ProfileName.objects.filter(profile__in=doubtful, from_results=True)
        gone = [key for key, *name in rows.values_list("pk", "profile", "name") if tuple(name) not in good]
        ProfileName.objects.filter(pk__in=gone).delete()
        # The drives that come are later: they make it what it is.
        idle = doubtful - {profile for profile, _ in good}
        SimProfile.objects.filter(pk__in=idle).update(last_active_at=datetime.fromtimestamp(0, UTC))


def _record_names(sighted: dict[UUID, dict[str, datetime]], known: Sequence[UUID]) -> dict[UUID, str]:
    """Stores names not met before and when each was used last; returns each profile's newest name."""
    stored: dict[tuple[UUID, str], tuple[int, datetime]] = {
        (profile, name): (key, used)
        for chunk in bulk.chunks(known)
        for key, profile, name, used in ProfileName.objects.filter(profile__in=chunk).values_list(
            "pk", "profile_id", "name", "last_used_at"
        )
    }
    in_database = bulk.adapter()
    new: list[tuple[object, str, str, object, bool]] = []
    later = []
    for profile, names in sighted.items():
        for name, used in names.items():
            if (found := stored.get((profile, name))) is None:
                new.append((in_database(profile), name, fold(name), in_database(used), True))
            elif found[1] < used:
                later.append((found[0], in_database(used)))
    bulk.insert(ProfileName, ("profile", "name", "folded", "last_used_at", "from_results"), new)
    bulk.update(ProfileName, ("last_used_at",), later)
    note_words(folded for _, _, folded, *_ in new)
    every = {profile: dict(names) for profile, names in sighted.items()}
    for (profile, name), (_, used) in stored.items():
        every[profile][name] = max(used, every[profile].get(name, used))
    return {profile: newest_name(names) for profile, names in every.items() if names}


def note_words(folded: Iterable[str]) -> None:
    """Keeps the words of names that are new, for who mistypes one."""
    vocabulary = sorted({word for name in folded for word in words(name)})
    bulk.insert_missing(NameWord, ("word", "letters"), [(word, letters(word)) for word in vocabulary])


def newest_name(names: dict[str, datetime]) -> str:
    """The name used last; of two used at once the one that sorts first, so that the order of files is no matter.

    Any name goes before none.
    """
    return min(names, key=lambda name: (not name, -names[name].timestamp(), name))
