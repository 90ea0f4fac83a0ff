"""Everything the site holds about a member, for the member: one function for each part of the file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.db.models import Q

from simlane.results.models import Decision, ResultFile, Ruling
from simlane.sim.models import Claim, HistoryEntry, OwnershipCode, SimProfile
from simlane.users.models import Follow, MailChoice, Notification, User

Section = Callable[[User], Any]


def account(user: User) -> dict[str, Any]:
    """The account's own fields; a password is kept only as a one-way hash, which nobody can use or read."""
    return {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "joined": user.date_joined,
        "last_signed_in": user.last_login,
        "has_a_password": user.has_usable_password(),
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "groups": list(user.groups.order_by("name").values_list("name", flat=True)),
        "permissions": list(user.user_permissions.order_by("codename").values_list("codename", flat=True)),
        "has_driver_page": user.has_driver_page,
        "searched_by": user.search_key,
        "tries_out": list(user.flag_set.order_by("name").values_list("name", flat=True)),
    }


def emails(user: User) -> list[dict[str, Any]]:
    """The account's e-mail addresses."""
    rows = EmailAddress.objects.filter(user=user).order_by("pk")
    return [{"email": row.email, "verified": row.verified, "primary": row.primary} for row in rows]


def security(user: User) -> list[dict[str, Any]]:
    """The second factors, without their secrets."""
    factors = Authenticator.objects.filter(user=user).order_by("pk")
    return list(factors.values("type", "created_at", "last_used_at"))


def sign_ins(user: User) -> list[dict[str, Any]]:
    """The accounts at platforms that can sign in here, with the data that the platform gave."""
    return [
        {
            "provider": row.provider,
            "uid": row.uid,
            "connected_at": row.date_joined,
            "last_used_at": row.last_login,
            "told_by_it": row.extra_data,
        }
        for row in SocialAccount.objects.filter(user=user).order_by("pk")
    ]


def profiles(user: User) -> list[dict[str, Any]]:
    """The driver profiles linked to the account."""
    linked = SimProfile.objects.linked_to(user).select_related("simulator").prefetch_related("names")
    return [
        {
            "simulator": profile.simulator.name,
            "identifier": profile.profile_identifier,
            "name": profile.profile_name,
            "names_raced_under": sorted(name.name for name in profile.names.all() if name.name),
            "linked_at": profile.linked_at,
            "verified": profile.is_verified,
            "public": profile.is_public,
            "created_at": profile.created_at,
            "last_active_at": profile.last_active_at,
            "starts": profile.starts,
            "wins": profile.wins,
            "podiums": profile.podiums,
            "wins_in_class": profile.class_wins,
            "podiums_in_class": profile.class_podiums,
            "data": profile.profile_data,
        }
        for profile in linked.order_by("simulator__name", "profile_identifier")
    ]


def history(user: User) -> list[dict[str, Any]]:
    """The history of the account's links; not what came before and after them, which is other accounts'."""
    entries = list(HistoryEntry.objects.filter(Q(account=user.pk) | Q(was_account=user.pk)).order_by("pk"))
    known = _labels(entry.profile_id for entry in entries)
    return [
        {
            "at": entry.at,
            "profile": known.get(entry.profile_id),
            "what": entry.get_action_display(),
            "how": entry.get_how_display(),
            "by_you": entry.actor_id == user.pk,
            "before": _state(entry.was_verified, entry.was_public) if entry.was_account_id == user.pk else None,
            "after": _state(entry.verified, entry.public) if entry.account_id == user.pk else None,
            "evidence": entry.evidence if entry.account_id == user.pk else None,
        }
        for entry in entries
    ]


def codes(user: User) -> list[dict[str, Any]]:
    """Codes that wait to be found in a result."""
    rows = OwnershipCode.objects.filter(user=user).select_related("profile__simulator").order_by("pk")
    return [
        {"profile": _label(row.profile), "code": row.code, "made_at": row.made_at, "expires_at": row.expires_at}
        for row in rows
    ]


def claims(user: User) -> list[dict[str, Any]]:
    """Claims with their messages and pictures, and what the staff answered."""
    rows = Claim.objects.filter(claimant=user).select_related("profile__simulator").prefetch_related("images")
    return [
        {
            "profile": _label(row.profile),
            "made_at": row.made_at,
            "message": row.message,
            "how": row.get_how_display(),
            "evidence": row.evidence,
            "disputed": row.disputed,
            "state": row.get_state_display(),
            "decided_at": row.decided_at,
            "reason": row.reason,
            "pictures_webp_base64": [b64encode(bytes(image.picture)).decode() for image in row.images.all()],
        }
        for row in rows.order_by("pk")
    ]


def notifications(user: User) -> list[dict[str, Any]]:
    """The account's notifications, and whether each was sent by e-mail."""
    return [
        {
            "at": row.created_at,
            "what": row.get_kind_display(),
            "about": row.about,
            "event": row.event_id,
            "read_at": row.read_at,
            "email": row.get_email_state_display(),
            "emailed_at": row.emailed_at,
        }
        for row in Notification.objects.filter(user=user).order_by("pk")
    ]


def mail_choices(user: User) -> dict[str, bool]:
    """The groups of e-mails that were chosen or refused; for the others the site's default holds."""
    return dict(MailChoice.objects.filter(user=user).order_by("group").values_list("group", "wanted"))


def follows(user: User) -> list[dict[str, Any]]:
    """Whom the account follows; a driver whose profile is private now is not named."""
    rows = Follow.objects.filter(user=user).select_related("profile__simulator", "profile__merged_into", "league")
    return [
        {
            "driver": _label(row.profile)
            if row.profile and (row.profile.merged_into or row.profile).is_public
            else None,
            "league": row.league.name if row.league else None,
            "since": row.since,
        }
        for row in rows.order_by("pk")
    ]


def staff_log(user: User) -> list[dict[str, Any]]:
    """The member's actions in the admin."""
    entries = LogEntry.objects.filter(user=user).select_related("content_type").order_by("pk")
    return [
        {
            "at": entry.action_time,
            "what": entry.get_action_flag_display(),
            "kind": entry.content_type.model if entry.content_type else None,
            # Not its text: that may be another person's name.
            "object_id": entry.object_id,
            "detail": entry.get_change_message(),
        }
        for entry in entries
    ]


def result_files(user: User) -> list[dict[str, Any]]:
    """Result files that the account brought in."""
    rows = ResultFile.objects.filter(brought_by=user.pk).defer("content").order_by("pk")
    return [
        {"at": row.imported_at, "event": row.event_id, "name": row.filename, "how": row.get_way_display()}
        for row in rows
    ]


def result_decisions(user: User) -> list[dict[str, Any]]:
    """What the account decided about results."""
    rows = Decision.objects.filter(by=user.pk).exclude(what=Decision.What.CAME_IN).order_by("pk")
    return [{"at": row.at, "event": row.event_id, "what": row.get_what_display(), "reason": row.reason} for row in rows]


def rulings(user: User) -> list[dict[str, Any]]:
    """What the account decided as a steward; of whom is theirs."""
    rows = Ruling.objects.filter(by=user.pk).order_by("pk")
    return [{"at": row.at, "what": row.get_kind_display(), "reason": row.reason} for row in rows]


SECTIONS: dict[str, Section] = {
    "account": account,
    "emails": emails,
    "second_factors": security,
    "sign_ins": sign_ins,
    "profiles": profiles,
    "history": history,
    "codes": codes,
    "claims": claims,
    "notifications": notifications,
    "mail_choices": mail_choices,
    "follows": follows,
    "staff_log": staff_log,
    "result_files": result_files,
    "result_decisions": result_decisions,
    "rulings": rulings,
}


def everything_about(user: User) -> dict[str, Any]:
    """All parts, by name; the values are texts, numbers, booleans and times (UTC)."""
    return {name: section(user) for name, section in SECTIONS.items()}


def _state(verified: bool, public: bool) -> dict[str, bool]:
    return {"verified": verified, "public": public}


def _label(profile: SimProfile) -> dict[str, str]:
    return {"simulator": profile.simulator.name, "identifier": profile.profile_identifier}


def _labels(keys: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """Of those that are there: the history outlives profiles, too."""
    rows = SimProfile.objects.filter(pk__in=set(keys)).select_related("simulator").defer("profile_data")
    return {profile.pk: _label(profile) for profile in rows}
