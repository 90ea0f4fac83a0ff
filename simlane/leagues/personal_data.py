"""What this room holds about a member, for the file of everything that the site holds about them."""

from __future__ import annotations

from typing import Any

from simlane.leagues.models import Incident, Membership, NameRequest, Report, Upload
from simlane.users.models import User


def leagues(user: User) -> list[dict[str, Any]]:
    """The leagues that the member runs."""
    rows = Membership.objects.filter(user=user).select_related("league").order_by("pk")
    return [{"league": row.league.slug, "role": row.get_role_display(), "since": row.since} for row in rows]


def uploads(user: User) -> list[dict[str, Any]]:
    """Result files that the member uploaded of late."""
    rows = Upload.objects.filter(user=user).select_related("league").prefetch_related("files").order_by("made_at")
    return [
        {
            "league": row.league.slug,
            "at": row.made_at,
            "state": row.get_state_display(),
            "files": [{"name": file.name, "outcome": file.get_outcome_display()} for file in row.files.all()],
        }
        for row in rows
    ]


def reports(user: User) -> list[dict[str, Any]]:
    """What the member said of events, and the answers."""
    return [
        {
            "event": row.event_id,
            "kind": row.get_kind_display(),
            "message": row.message,
            "at": row.made_at,
            "answer": row.answer,
            "answered_at": row.answered_at,
        }
        for row in Report.objects.filter(user=user).order_by("pk")
    ]


def incidents(user: User) -> list[dict[str, Any]]:
    """Incidents that the member reported to stewards, and their answers."""
    return [
        {
            "event": row.event_id,
            "session": row.session_name,
            "lap": row.lap,
            "involved": row.involved,
            "message": row.message,
            "at": row.made_at,
            "answer": row.answer,
            "answered_at": row.answered_at,
        }
        for row in Incident.objects.filter(user=user).order_by("pk")
    ]


def names(user: User) -> list[dict[str, Any]]:
    """What leagues asked the member about names, and the answers."""
    rows = NameRequest.objects.filter(user=user).select_related("driver__league").order_by("pk")
    return [
        {
            "league": row.driver.league.slug,
            "name": str(row.driver),
            "asked_at": row.asked_at,
            "answer": row.get_state_display(),
            "answered_at": row.answered_at,
        }
        for row in rows
    ]


SECTIONS = {"leagues": leagues, "uploads": uploads, "reports": reports, "incidents": incidents, "names": names}
