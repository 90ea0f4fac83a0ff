"""Which rulings stand about the sessions of files, and what came of them: the record beside the pure function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from simlane.results.models import DrivenSession, Ruling, RulingOutcome, SessionVersion
from simlane.results.rulings.applying import Effect, Outcome
from simlane.sim.models import Entry


class Place(NamedTuple):
    """A session of a file: the file's key, and which of its sessions it is, from 0."""

    file: int
    number: int


def join(pairs: Iterable[tuple[Place, Place, str]]) -> None:
    """Of each pair the second takes the place of the first: a version of the same driven session, which has this name.

    A file that is read again may number its sessions otherwise.
    """
    pairs = list(pairs)
    moved = {old: new for old, new, _ in pairs if old != new and old.file == new.file}
    if moved:
        rows = [row for row in _versions(moved) if (row.file_id, row.number) in moved]
        SessionVersion.objects.filter(pk__in=[row.pk for row in rows]).delete()
        SessionVersion.objects.bulk_create(
            SessionVersion(driven_id=row.driven_id, file_id=row.file_id, number=moved[place].number)
            for row in rows
            if (place := Place(row.file_id, row.number))
        )
    joined = {old: (new, name) for old, new, name in pairs if old.file != new.file}
    if joined:
        known = driven([*joined, *(new for new, _ in joined.values())])
        for old in joined.keys() - known.keys():
            known[old] = {driven_session(old, joined[old][1]).pk}
        SessionVersion.objects.bulk_create(
            SessionVersion(driven_id=key, file_id=new.file, number=new.number)
            for old, (new, _) in joined.items()
            for key in sorted(known[old] - known.get(new, set()))
        )


def driven_session(place: Place, name: str) -> DrivenSession:
    """The driven session that this one of a file is a version of, made where nobody has asked for it yet."""
    found = DrivenSession.objects.filter(versions__file=place.file, versions__number=place.number).order_by("-pk")
    if (known := found.first()) is not None:
        return known
    made = DrivenSession.objects.create(name=name[:100])
    SessionVersion.objects.create(driven=made, file_id=place.file, number=place.number)
    return made


def driven(places: Iterable[Place]) -> dict[Place, set[int]]:
    """The keys of the driven sessions that these are versions of."""
    wanted = set(places)
    found: dict[Place, set[int]] = defaultdict(set)
    for row in _versions(wanted):
        if (place := Place(row.file_id, row.number)) in wanted:
            found[place].add(row.driven_id)
    return dict(found)


def _versions(places: Iterable[Place]) -> list[SessionVersion]:
    return list(SessionVersion.objects.filter(file__in={place.file for place in places}))


def effects(places: Iterable[Place]) -> dict[Place, list[Effect]]:
    """The rulings that stand about these sessions, in the order they were given; without those that have none."""
    of_places = driven(places)
    if not of_places:
        return {}
    given: dict[int, list[Effect]] = defaultdict(list)
    rulings = Ruling.objects.standing().filter(session__in=set().union(*of_places.values()))
    for ruling in rulings.order_by("pk"):
        given[ruling.session_id].append(Effect.of(ruling))
    found = {place: [each for key in keys for each in given.get(key, ())] for place, keys in of_places.items()}
    return {place: sorted(all_of_it, key=lambda each: each.key) for place, all_of_it in found.items() if all_of_it}


def note(outcomes: Mapping[Place, Outcome]) -> None:
    """Writes down which entries of the sessions that stand the rulings are about, and which rulings do not fit."""
    if not outcomes:
        return
    rulings = {key for outcome in outcomes.values() for key in (*outcome.fits, *outcome.problems)}
    RulingOutcome.objects.filter(ruling__in=rulings).delete()
    files = {place.file for place in outcomes}
    rows = Entry.objects.filter(session__of_file__file__in=files).values_list(
        "session__of_file__file", "session__of_file__number", "row", "pk"
    )
    entries = {(Place(file, number), row): key for file, number, row, key in rows}
    made = []
    for place, outcome in outcomes.items():
        listed = {row: line for line, row in enumerate(outcome.rows)}
        made += [
            RulingOutcome(ruling_id=key, entry_id=entries.get((place, listed[row])) if row in listed else None)
            for key, row in outcome.fits.items()
        ]
        made += [RulingOutcome(ruling_id=key, problem=problem) for key, problem in outcome.problems.items()]
    RulingOutcome.objects.bulk_create(made)
