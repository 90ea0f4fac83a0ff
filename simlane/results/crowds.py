"""Who drove: told apart alike in a file and in what is stored, by the platform's id or else by the name."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from simlane.results.parsed import ParsedSession
from simlane.sim.database import bulk
from simlane.sim.models import EntryDriver, SimProfile

#: The drivers of a session and their best laps. Who has neither an id nor a name is nobody, and left out.
Crowd = frozenset[tuple[str, int | None]]


def of_file(session: ParsedSession) -> Crowd:
    """Who drove in a session of a file."""
    return frozenset(
        (driver.identifier or driver.name, entry.best_lap_of(driver))
        for entry in session.entries
        for driver in entry.drivers
        if driver.identifier or driver.name
    )


def of_sessions(keys: Iterable[int]) -> dict[int, Crowd]:
    """Who drove in each of these stored sessions; whose profiles were merged, by each of their ids."""
    found: dict[int, set[tuple[str, int | None]]] = {}
    for chunk in bulk.chunks(list(keys)):
        drives = EntryDriver.objects.filter(entry__session__in=chunk)
        merged: dict[UUID | None, list[str]] = {}
        parts = SimProfile.objects.filter(merged_into__in=drives.values("profile"))
        for kept, identifier in parts.values_list("merged_into", "profile_identifier"):
            merged.setdefault(kept, []).append(identifier)
        rows = drives.values_list(
            "entry__session", "profile", "profile__profile_identifier", "name", "best_lap_ms", "league_driver"
        )
        for session, profile, identifier, name, best, league_driver in rows:
            # By a tie or a decision a drive is somebody's that the file calls otherwise.
            known_as = [name] if league_driver else [identifier or name, *merged.get(profile, ())]
            found.setdefault(session, set()).update((each, best) for each in known_as if each)
    return {session: frozenset(crowd) for session, crowd in found.items()}


def drivers(crowds: Iterable[Crowd]) -> set[str]:
    """Who was in any of them."""
    return {driver for crowd in crowds for driver, _ in crowd}


def is_mostly(one: Crowd, other: Crowd) -> bool:
    """Whether more than half of the shorter list's drivers have the same best lap, to the millisecond, in both."""
    timed = [{each for each in crowd if each[1] is not None} for crowd in (one, other)]
    return 2 * len(timed[0] & timed[1]) > min(map(len, timed)) > 0
