"""Stewards' decisions: ruling about an entry, undoing a ruling, making it final. Every figure follows at once.

Each is one transaction under the import's lock: rival stewards, and a file that is replaced meanwhile, have one order.
A ruling is about the entry that its steward saw; where another version stands by now, it is as if it had come after.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F

from simlane.results import versions
from simlane.results.decisions import said_by
from simlane.results.models import DrivenSession, ResultFile, Ruling, RulingOutcome, SessionFile
from simlane.results.parsed import ParsedEvent, ParsedSession
from simlane.results.putting import put
from simlane.results.rulings.applying import Effect, Outcome, apply, fit
from simlane.results.rulings.fitting import NoFitError, Target
from simlane.results.rulings.standing import Place, driven_session, effects, note
from simlane.results.rulings.telling import drivers, tell
from simlane.results.storing import lock_for_person
from simlane.sim.career import changes
from simlane.sim.errors import Refused
from simlane.sim.models import Session
from simlane.sim.ownership.locks import atomic_with_retry

Kind = Ruling.Kind
NOT_STANDING = "These results do not stand any more: look at the event, then decide."
NO_ENTRY = "These results have no such entry."
NOT_UNDOABLE = "Only a decision about an entry can be undone or made final."
UNDONE_ALREADY = "It has been undone already."
FINAL_ALREADY = "It is final already."
NO_REASON = "Say why: everybody can read it."
MAX_REASON = Ruling._meta.get_field("reason").max_length or 0
#: The smallest and the largest value of each kind: a day, more places than cars, points, laps, seats.
LIMITS = {
    Kind.TIME: (1, 86_400_000),
    Kind.PLACES: (1, 999),
    Kind.POINTS: (-9_999, 9_999),
    Kind.LAP: (1, 99_999),
    Kind.DRIVER: (0, 99),
}


@dataclass(frozen=True, slots=True)
class _Standing:
    """Results that stand: the session, and what its file says."""

    session: Session
    file: ResultFile
    event: ParsedEvent
    place: Place

    @property
    def said(self) -> ParsedSession:
        return self.event.sessions[self.place.number]

    def outcome(self) -> Outcome:
        """The results as they are with the rulings that stand now."""
        return apply(self.said, effects([self.place]).get(self.place, ()))


@atomic_with_retry
def rule(
    place: Place,
    row: int,
    kind: Ruling.Kind,
    *,
    reason: str,
    by: int | None,
    value: int | None = None,
    driver_name: str = "",
    driver_identifier: str = "",
    final: bool = False,
) -> Ruling:
    """Rules about the entry in this line, from 0, of a file's session; `value` by the kind, as the model says.

    Raises Refused where the results do not stand, or the ruling cannot be carried out in them.
    """
    lock_for_person()
    seen = ResultFile.objects.filter(pk=place.file, content__isnull=False).first()
    sessions = said_by(seen).sessions if seen else []
    if place.number >= len(sessions) or row >= len(sessions[place.number].entries):
        raise Refused(NO_ENTRY)
    session = driven_session(place, sessions[place.number].name)
    found = _standing(session)
    if found is None:
        raise Refused(NOT_STANDING)
    ruling = Ruling(
        session=session,
        kind=kind,
        target=Target.of(row, sessions[place.number].entries[row]).stored(),
        value=value,
        driver_name=driver_name,
        driver_identifier=driver_identifier,
        reason=_reason(reason),
        final=final,
        by_id=by,
    )
    _see_to_value(ruling)
    try:
        fit(found.said, Effect.of(ruling))
    except NoFitError as problem:
        raise Refused(str(problem)) from problem
    before = found.outcome()
    ruling.save(force_insert=True)
    _follow(found, before, ruling, "ruled")
    return ruling


@atomic_with_retry
def undo(key: int, *, reason: str, by: int | None) -> Ruling:
    """Takes a ruling back, by another row; raises Refused when somebody has done so already."""
    lock_for_person()
    ruling = _ruling(key)
    found = _standing(ruling.session)
    before = found.outcome() if found else None
    undone = Ruling.objects.create(
        session=ruling.session, kind=Kind.UNDONE, about=ruling, reason=_reason(reason), by_id=by
    )
    RulingOutcome.objects.filter(ruling=ruling).delete()
    if found and before:
        _follow(found, before, ruling, "undone")
    return undone


@atomic_with_retry
def make_final(key: int, *, reason: str, by: int | None) -> Ruling:
    """What was provisional is final; raises Refused when it is already, or is undone."""
    lock_for_person()
    ruling = _ruling(key)
    if ruling.final or Ruling.objects.filter(about=ruling, kind=Kind.FINAL).exists():
        raise Refused(FINAL_ALREADY)
    final = Ruling.objects.create(
        session=ruling.session, kind=Kind.FINAL, about=ruling, reason=_reason(reason), by_id=by
    )
    if (found := _standing(ruling.session)) is not None:
        now = found.outcome()
        rows = {now.fits[key]} if key in now.fits else set()
        ruling.final = True
        tell(found.session, ruling, "final", now, now, drivers(found.session, now, rows))
    return final


def _ruling(key: int) -> Ruling:
    found = Ruling.objects.filter(pk=key, about=None).select_related("session").first()
    if found is None:
        raise Refused(NOT_UNDOABLE)
    if Ruling.objects.filter(about=found, kind=Kind.UNDONE).exists():
        raise Refused(UNDONE_ALREADY)
    return found


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not reason:
        raise Refused(NO_REASON)
    if len(reason) > MAX_REASON:
        raise Refused(f"Say why in at most {MAX_REASON} characters.")
    return reason


def _see_to_value(ruling: Ruling) -> None:
    limits = LIMITS.get(Kind(ruling.kind))
    if limits is None:
        ruling.value = None
        return
    least, most = limits
    if ruling.value is None or not least <= ruling.value <= most or (ruling.kind == Kind.POINTS and not ruling.value):
        raise Refused(f"{ruling.get_kind_display()}: say how much, from {least:,} to {most:,}.")
    if ruling.kind == Kind.DRIVER and not ruling.driver_name and not ruling.driver_identifier:
        raise Refused("Say who drove.")


def _standing(session: DrivenSession) -> _Standing | None:
    """The version of the driven session that stands, and what its file says."""
    versions_of = SessionFile.objects.filter(file__told__driven=session, number=F("file__told__number"))
    origin = versions_of.first()
    if origin is None:
        return None
    standing = versions.with_files([origin.session_id])[origin.session_id]
    file = standing.of_file.file
    return _Standing(standing, file, said_by(file), Place(file.pk, origin.number))


def _follow(found: _Standing, before: Outcome, ruling: Ruling, act: str) -> None:
    """Lets the results stand anew with the rulings that stand now, and tells whose result is another."""
    after, session = found.outcome(), found.session
    changed = after.changed_since(before)
    changed |= {outcome.fits[ruling.pk] for outcome in (before, after) if ruling.pk in outcome.fits}
    told = drivers(session, before, changed)
    if after.session == before.session:
        # Points alone: no row of the results is another.
        note({found.place: after})
        changes.note([session.event])
    else:
        numbers = {found.place.number: session.pk}
        put([(found.file, found.event, numbers)], {session.pk: session}, by=None, reason="")
        session = Session.objects.select_related("event").get(
            of_file__file=found.file, of_file__number=found.place.number
        )
        told |= drivers(session, after, changed)
    tell(session, ruling, act, before, after, told)
