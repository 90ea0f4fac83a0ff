"""Letting sessions of files stand, in the place of what stood: rows of results go, and are stored again.

For one transaction, under the import's lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace as with_values

from simlane.results import storing
from simlane.results.entries import codes_of
from simlane.results.following import follow, take_away
from simlane.results.models import Decision, ResultFile
from simlane.results.parsed import ParsedEvent
from simlane.results.rulings.applying import Outcome, apply
from simlane.results.rulings.standing import Place, effects, join, note
from simlane.results.storing import Placed
from simlane.sim.models import Session
from simlane.sim.ownership.codes import lock_code_owners

#: A file, what it says, and its sessions that are to stand: see `put`.
Standing = tuple[ResultFile, ParsedEvent, Mapping[int, int | None]]


def put(
    files: Sequence[Standing],
    replaced: Mapping[int, Session],
    *,
    by: int | None,
    reason: str,
) -> Counter[str]:
    """Lets sessions of files stand: each by its place in the file, with the key of the session whose place it takes.

    `replaced` are those, and others of the same files that go.
    """
    # Accounts before profiles: see sim.ownership.locks.
    lock_code_owners(codes_of(parsed.sessions[index] for _, parsed, numbers in files for index in numbers))
    takes = {key: file for file, _, numbers in files for key in numbers.values() if key is not None}
    decided = [
        Decision(
            event=session.event,
            file_id=session.of_file.file_id,
            number=session.of_file.number,
            what=Decision.What.REPLACED,
            other=takes[key],
            by_id=by,
            reason=reason,
        )
        for key, session in replaced.items()
        if key in takes and takes[key].pk != session.of_file.file_id
    ]
    join(
        (Place(origin.file_id, origin.number), Place(file.pk, index), replaced[key].name)
        for file, _, numbers in files
        for index, key in numbers.items()
        if key is not None and (origin := replaced[key].of_file)
    )
    ruled, outcomes = _ruled(files)
    touched = take_away(replaced)
    decide(decided)
    places = {file.event_id: file.event for file, *_ in files}
    places |= {session.event_id: session.event for session in replaced.values()}
    # A session that stays in its event keeps its number there, and so its address.
    done = storing.stand(
        [
            Placed(
                file,
                parsed,
                file.event,
                {
                    index: replaced[key].number if key and replaced[key].event_id == file.event_id else None
                    for index, key in numbers.items()
                },
            )
            for file, parsed, numbers in ruled
        ]
    )
    note(outcomes)
    follow(touched, places.values())
    return done


def _ruled(files: Sequence[Standing]) -> tuple[list[Standing], dict[Place, Outcome]]:
    """What files say with the rulings about those of their sessions that are to stand, and what came of these."""
    found = effects(Place(file.pk, index) for file, _, numbers in files for index in numbers)
    outcomes: dict[Place, Outcome] = {}
    ruled = []
    for file, parsed, numbers in files:
        sessions = list(parsed.sessions)
        for index in numbers:
            if (place := Place(file.pk, index)) in found:
                outcomes[place] = apply(sessions[index], found[place])
                sessions[index] = outcomes[place].session
        ruled.append((file, with_values(parsed, sessions=sessions), numbers))
    return ruled, outcomes


def decide(decisions: Iterable[Decision]) -> None:
    Decision.objects.bulk_create(decisions)
