"""Profiles out of results: who was seen under which platform id, by which name, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.utils import timezone

from simlane.results import bulk
from simlane.results.parsed import UNKNOWN_DRIVER
from simlane.sim.identity.names import fold, letters, name_key, words
from simlane.sim.models import NameWord, ProfileName, SimProfile
from simlane.sim.ownership.merging import aliases

Identity = tuple[int, str]  #: simulator's key and canonical identifier
#: How many values one statement asks for.
CHUNK = 5000

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

Item = TypeVar("Item")


class Sighting(NamedTuple):
    """A driver in a session; without a name (empty) nothing is said of the profile's, if it has one."""

    simulator_id: int
    identifier: str
    name: str
    raced_at: datetime


class _Known(NamedTuple):
    pk: UUID
    name: str
    merges: list[int]


class Recorded(NamedTuple):
    """Each identity's profile; the merges through which an identity led there; how much is new."""

    keys: dict[Identity, UUID]
    merges: dict[Identity, list[int]]
    counts: Counter[str]


def record_sightings(sightings: Iterable[Sighting]) -> Recorded:
    """Makes the profiles that are missing, keeps every name, and lets the name raced under last be the profile's."""
    names: dict[Identity, dict[str, datetime]] = {}
    nameless: dict[Identity, datetime] = {}
    for sighting in sightings:
        of_driver = names.setdefault((sighting.simulator_id, sighting.identifier), {})
        if not sighting.name:
            nameless.setdefault((sighting.simulator_id, sighting.identifier), sighting.raced_at)
        elif sighting.name not in of_driver or of_driver[sighting.name] < sighting.raced_at:
            of_driver[sighting.name] = sighting.raced_at
    known = _known(names)
    keys = {identity: uuid4() for identity in names if identity not in known}
    for identity in keys:
        if not names[identity]:
            names[identity] = {UNKNOWN_DRIVER: nameless[identity]}
    _make_profiles({identity: (key, names[identity]) for identity, key in keys.items()})
    keys.update({identity: profile.pk for identity, profile in known.items()})
    by_key: dict[UUID, dict[str, datetime]] = {}
    for identity, of_driver in names.items():
        # Two identities of one profile, when one was merged into the other.
        of_profile = by_key.setdefault(keys[identity], {})
        of_profile.update({name: max(at, of_profile.get(name, at)) for name, at in of_driver.items()})
    newest = _record_names(by_key, [profile.pk for profile in known.values()])
    renamed = {
        profile.pk: newest[profile.pk]
        for profile in known.values()
        if newest.get(profile.pk, profile.name) != profile.name
    }
    rows = [(bulk.stored(key), name, name_key(name)) for key, name in renamed.items()]
    bulk.update(SimProfile, ("profile_name", "name_key"), rows)
    merges = {identity: profile.merges for identity, profile in known.items() if profile.merges}
    return Recorded(keys, merges, Counter(profiles=len(keys) - len(known), renamed=len(renamed)))


def _known(identities: Iterable[Identity]) -> dict[Identity, _Known]:
    by_simulator: dict[int, list[str]] = {}
    for simulator_id, identifier in identities:
        by_simulator.setdefault(simulator_id, []).append(identifier)
    known: dict[Identity, _Known] = {}
    merged: dict[Identity, UUID] = {}
    for simulator_id, identifiers in by_simulator.items():
        for chunk in _chunks(identifiers):
            rows = _held(SimProfile.objects.filter(simulator_id=simulator_id, profile_identifier__in=chunk))
            for key, identifier, name, merged_into in rows.values_list(
                "pk", "profile_identifier", "profile_name", "merged_into"
            ):
                known[simulator_id, identifier] = _Known(key, name, [])
                if merged_into is not None:
                    merged[simulator_id, identifier] = key
    if merged:
        moved = True
        while moved:
            places = aliases(merged.values())
            rows = _held(SimProfile.objects.filter(pk__in={place for place, _ in places.values()}))
            kept, moved = {}, False
            for key, name, merged_into in rows.values_list("pk", "profile_name", "merged_into"):
                kept[key], moved = name, moved or merged_into is not None
        for identity, key in merged.items():
            place, merges = places[key]
            known[identity] = _Known(place, kept[place], merges)
    return known


def _held(rows: QuerySet[SimProfile]) -> QuerySet[SimProfile]:
    """Until the import ends none of them is merged into another or parted: the results would be the wrong one's."""
    return rows.select_for_update(no_key=True, of=("self",)).order_by("pk")


def _make_profiles(new: dict[Identity, tuple[UUID, dict[str, datetime]]]) -> None:
    now = bulk.stored(timezone.now())
    rows = []
    for (simulator_id, identifier), (key, names) in new.items():
        name = _newest(names)
        seen = bulk.stored(names[name])
        rows.append((bulk.stored(key), simulator_id, name, identifier, "{}", False, now, name_key(name), seen))
    bulk.insert(SimProfile, NEW_PROFILE_FIELDS, rows)


def _record_names(sighted: dict[UUID, dict[str, datetime]], known: Sequence[UUID]) -> dict[UUID, str]:
    """Stores names not met before and when each was used last; returns each profile's newest name."""
    stored: dict[tuple[UUID, str], tuple[int, datetime]] = {
        (profile, name): (key, used)
        for chunk in _chunks(known)
        for key, profile, name, used in ProfileName.objects.filter(profile__in=chunk).values_list(
            "pk", "profile_id", "name", "last_used_at"
        )
    }
    new: list[tuple[object, str, str, object]] = []
    later = []
    for profile, names in sighted.items():
        for name, used in names.items():
            if (found := stored.get((profile, name))) is None:
                new.append((bulk.stored(profile), name, fold(name), bulk.stored(used)))
            elif found[1] < used:
                later.append((found[0], bulk.stored(used)))
    bulk.insert(ProfileName, ("profile", "name", "folded", "last_used_at"), new)
    bulk.update(ProfileName, ("last_used_at",), later)
    vocabulary = sorted({word for _, _, folded, _ in new for word in words(folded)})
    bulk.insert_missing(NameWord, ("word", "letters"), [(word, letters(word)) for word in vocabulary])
    every = {profile: dict(names) for profile, names in sighted.items()}
    for (profile, name), (_, used) in stored.items():
        every[profile][name] = max(used, every[profile].get(name, used))
    return {profile: _newest(names) for profile, names in every.items() if names}


def _newest(names: dict[str, datetime]) -> str:
    """The name used last; of two used at once the one that sorts first, so that the order of files is no matter.

    Any name goes before none.
    """
    return min(names, key=lambda name: (name == UNKNOWN_DRIVER, -names[name].timestamp(), name))


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
