""" "That is not me" by who owns the profile: an organiser or staff agree, and the drive is nobody's; or undo that.

The decision about the results is results.detaching's.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from simlane.leagues import reports
from simlane.leagues.access import lock_open, people_with
from simlane.leagues.models import Report, Role
from simlane.results import detaching
from simlane.results.storing import lock_for_person
from simlane.sim.errors import Refused
from simlane.sim.models import EntryDriver, Event, SimProfile
from simlane.sim.ownership.code_text import without_codes
from simlane.sim.ownership.events import Kind
from simlane.sim.ownership.locks import atomic_with_retry
from simlane.users.notifications.recording import tell

NOT_THEIRS = "They do not own that profile any more: nothing was changed."
NOT_DETACHED = "Nothing was detached for this report."
AGREED = "Agreed: you did not drive that. The name stays in the results, and counts for nobody's profile."
MOST_NAMES = 100


def own_drives(event: Event, user: AbstractBaseUser | AnonymousUser) -> list[tuple[SimProfile, list[tuple[int, str]]]]:
    """The member's own verified profiles that drove in the event, each with the numbers and names of its sessions."""
    rows = EntryDriver.objects.filter(
        entry__session__event=event, profile__linked_user=user.pk, profile__is_verified=True
    )
    found: dict[SimProfile, dict[int, str]] = {}
    for drive in rows.select_related("profile", "entry__session").order_by("profile__profile_name", "profile"):
        if drive.profile is not None:
            session = drive.entry.session
            found.setdefault(drive.profile, {})[session.number] = session.name
    return [(profile, sorted(sessions.items())) for profile, sessions in found.items()]


@atomic_with_retry
def agree(report: Report, by: AbstractBaseUser, text: str = "", *, as_staff: bool = False) -> None:
    """The profile did not drive that. Who said so and the organisers are told. Raises Refused."""
    lock_for_person()
    _see_to_open(report, as_staff=as_staff)
    profile = report.profile
    if profile is None or profile.linked_user_id != report.user_id or not profile.is_verified:
        raise Refused(NOT_THEIRS)
    name = _name(report.event, profile, report.number)
    made = detaching.detach(report.event, profile, report.number, by=by.pk, reason=f"“{name}”"[:500])
    Report.objects.filter(pk=report.pk).update(detachment=made)
    reports.answer(report, by, text.strip() or AGREED)
    _tell(report, by, {"name": name})


@atomic_with_retry
def undo(report: Report, by: AbstractBaseUser, *, as_staff: bool = False) -> None:
    """The profile drove that after all. Who said otherwise and the organisers are told. Raises Refused."""
    lock_for_person()
    _see_to_open(report, as_staff=as_staff)
    detachment = report.detachment
    if detachment is None:
        raise Refused(NOT_DETACHED)
    detaching.undo(detachment, by=by.pk, reason="Undone")
    name = _name(report.event, detachment.profile, detachment.number)
    _tell(report, by, {"name": name, "undone": 1}, report.user_id)


def _see_to_open(report: Report, *, as_staff: bool) -> None:
    if report.event.league is not None and not as_staff:
        lock_open(report.event.league)


def _name(event: Event, profile: SimProfile, number: int | None) -> str:
    """By which name the profile drove there."""
    drives = EntryDriver.objects.filter(entry__session__event=event, profile=profile)
    if number is not None:
        drives = drives.filter(entry__session__number=number)
    drive = drives.order_by("-raced_at", "pk").first()
    return without_codes(drive.name if drive else profile.profile_name)[:MOST_NAMES]


def _tell(report: Report, by: AbstractBaseUser, what: dict[str, str | int], *others: int) -> None:
    organisers = people_with(report.event.league_id, Role.ORGANISER) if report.event.league_id else set()
    about: dict[str, str | int] = {"event_id": report.event_id, "event": report.event.name, **what}
    tell((organisers | set(others)) - {by.pk}, Kind.DETACHED, about)
