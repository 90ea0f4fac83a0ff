"""Whom a ruling's consequences are told: the accounts of all drivers whose result it changes."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from simlane.results.models import Ruling
from simlane.results.rulings.applying import Outcome
from simlane.results.rulings.wording import about, placed, said
from simlane.sim.models import EntryDriver, Session, SimProfile
from simlane.sim.ownership.events import Kind, OwnershipEvent, notify

#: Profiles that an account is linked to, each with their entries' places in the file.
Driven = dict[UUID, tuple[SimProfile, int]]


def drivers(session: Session, outcome: Outcome, rows: Collection[int]) -> Driven:
    """The linked profiles that drove these entries, by their places in the file, as the results stand now."""
    lines = {line: row for line, row in enumerate(outcome.rows) if row in rows}
    found = EntryDriver.objects.filter(
        entry__session=session, entry__row__in=lines, profile__linked_user__isnull=False
    ).select_related("profile__simulator", "entry")
    return {drive.profile.pk: (drive.profile, lines[drive.entry.row]) for drive in found if drive.profile}


def tell(session: Session, ruling: Ruling, act: str, before: Outcome, after: Outcome, told: Driven) -> None:
    """Tells each of the accounts what was done (`act`: ruled, undone, final), and what became of the result."""
    was, now = before.by_row(), after.by_row()
    notify(
        OwnershipEvent(
            Kind.RULED,
            profile.linked_user_id or 0,
            profile,
            {
                "event": session.event.name,
                "event_id": session.event_id,
                "session": session.name,
                "number": session.number,
                "act": act,
                "what": said(ruling),
                "about": about(ruling),
                "reason": ruling.reason,
                "final": int(ruling.final),
                "was": placed(was.get(row)),
                "now": placed(now.get(row)),
            },
        )
        for profile, row in told.values()
    )
