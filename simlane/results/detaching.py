"""That somebody did not drive what a file says they drove: a decision about the results, which can be undone.

The sessions stand anew from what their files say, under what is decided now: see results.named.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils import timezone

from simlane.results.decisions import said_by
from simlane.results.models import Decision, Detachment
from simlane.results.putting import decide, put
from simlane.results.storing import lock_for_person
from simlane.results.versions import with_files
from simlane.sim.errors import Refused
from simlane.sim.models import Event, Session, SimProfile
from simlane.sim.ownership.locks import atomic_with_retry

DID_NOT_DRIVE = "The results do not say any more that this profile drove there."
DETACHED_ALREADY = "It is decided already that this profile did not drive there."
UNDONE_ALREADY = "This has been undone already."


@atomic_with_retry
def detach(event: Event, profile: SimProfile, number: int | None, *, by: int, reason: str) -> Detachment:
    """The profile did not drive in the event, or in its session of that number: the name stays, as nobody's.

    Raises Refused where it does not say that it did, or where the results could not stand anew.
    """
    lock_for_person()
    if Detachment.objects.filter(Q(number=None) | Q(number=number), event=event, profile=profile, undone_at=None):
        raise Refused(DETACHED_ALREADY)
    sessions = Session.objects.filter(event=event, entries__drivers__profile=profile)
    if number is not None:
        sessions = sessions.filter(number=number)
    if not (keys := set(sessions.values_list("pk", flat=True))):
        raise Refused(DID_NOT_DRIVE)
    made = Detachment.objects.create(event=event, profile=profile, number=number, made_by_id=by)
    _stand_anew(keys, Decision.What.NOT_THEIRS, by=by, reason=reason)
    return made


@atomic_with_retry
def undo(detachment: Detachment, *, by: int, reason: str) -> None:
    """What the file says, or a tie, holds again. Raises Refused when somebody was faster."""
    lock_for_person()
    standing = Detachment.objects.filter(pk=detachment.pk, undone_at=None)
    if not standing.update(undone_at=timezone.now(), undone_by=by):
        raise Refused(UNDONE_ALREADY)
    sessions: QuerySet[Session] = Session.objects.filter(event=detachment.event_id)
    if detachment.number is not None:
        sessions = sessions.filter(number=detachment.number)
    # In the others a file names nobody who was detached.
    keys = sessions.filter(entries__drivers__profile=None).values_list("pk", flat=True)
    _stand_anew(set(keys), Decision.What.THEIRS, by=by, reason=reason)


def _stand_anew(keys: Iterable[int], what: Decision.What, *, by: int, reason: str) -> None:
    sessions = with_files(keys)
    files = {session.of_file.file_id: session.of_file.file for session in sessions.values()}
    numbers: dict[int, dict[int, int | None]] = {key: {} for key in files}
    for key, session in sessions.items():
        numbers[session.of_file.file_id][session.of_file.number] = key
    decide(
        Decision(
            event=session.event,
            file_id=session.of_file.file_id,
            number=session.of_file.number,
            what=what,
            by_id=by,
            reason=reason,
        )
        for session in sessions.values()
    )
    placed = [(file, said_by(file), numbers[key]) for key, file in files.items()]
    put(placed, sessions, by=by, reason=reason)
