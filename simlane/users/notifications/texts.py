"""The texts of each kind of notification, for the list, the e-mail's text and its HTML.

Texts are plain: whoever shows them escapes them. Names of drivers come from files that anybody may have written.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from simlane.sim.ownership.events import Kind
from simlane.users.models import Notification
from simlane.users.notifications import league_texts, result_texts
from simlane.users.notifications.wording import Link, Text, driver_name, plain, where
from simlane.web.moments import day


def text(notification: Notification) -> Text:
    """The words of a notification; one about new results was looked up: see result_texts."""
    about = {**notification.about, "detail": notification.detail}
    return _TEXTS[Kind(notification.kind)](about)


def _mine(label: str = "My Sim Profiles") -> Link:
    return Link(label, reverse("users:profile_sim_profiles"))


def _help(label: str, article: str) -> Link:
    return Link(label, reverse("help:article", args=[article]))


def _page(act: str, label: str, about: dict[str, Any]) -> Link:
    if not about.get("profile"):
        return _mine()
    return Link(label, reverse(f"users:profile_sim_profile_{act}", args=[about["profile"]]))


def _manage(about: dict[str, Any]) -> Link:
    return _page("manage", "See the profile", about)


def _upgraded(about: dict[str, Any]) -> Text:
    count = about["detail"].get("profiles", 1)
    several = count != 1
    return Text(
        title="Your driver profiles have moved",
        sentence=(
            "SimLane has a new model of driver profiles: a profile is made from race results, and points at the "
            f"account of its driver. Your {f'{count} profiles have' if several else 'profile has'} come along and "
            f"{'are' if several else 'is'} linked to your account."
        ),
        link=_mine("See my profiles"),
        points=(
            (
                "What is public",
                (
                    "A profile shows its driver's name, simulator and race results to everybody. Your account's name "
                    "stands on it only where the profile is verified as yours."
                ),
            ),
            (
                "Verify your ownership",
                (
                    "Profiles you made yourself count as verified, unless somebody else has the same platform id. "
                    "Where My Sim Profiles says “Not verified”, choose Verify: a link that nobody proves ends after a "
                    "while. We remind you before it does, and the profile itself stays."
                ),
            ),
            (
                "Hide a profile",
                (
                    "With a verified profile you can choose Manage, then Hide. Results still list the driver's name, "
                    "without a link."
                ),
            ),
        ),
        further=_help("Questions and answers", "upgrade"),
    )


def _linked(about: dict[str, Any]) -> Text:
    return Text(
        title=f"Linked: {driver_name(about)}",
        sentence=f"{where(about)} is linked to your account. Prove that it is yours, and it stays with you.",
        link=_page("verify", "Verify your ownership", about),
    )


def _verified(about: dict[str, Any]) -> Text:
    return Text(
        title=f"Verified: {driver_name(about)}",
        sentence=f"{where(about)} is verified as yours. You can now hide it if you want to.",
        link=_manage(about),
    )


def _unverified(about: dict[str, Any]) -> Text:
    return Text(
        title=f"Not verified any more: {driver_name(about)}",
        sentence=(
            f"A code in results of a league had proved that {where(about)} is yours. The site's staff do not confirm "
            "that league any more, so this proves nothing now. The profile is still linked to your account, and "
            f"public. Prove it again within {settings.LINK_LAPSE_DAYS} days, or the link ends; the profile and its "
            "results stay."
        ),
        link=_page("verify", "Verify your ownership", about),
    )


def _unlinked(about: dict[str, Any]) -> Text:
    return Text(
        title=f"Unlinked: {driver_name(about)}",
        sentence=(
            f"The site's staff have ended the link between {where(about)} and your account. The profile and its "
            "results stay. If it is yours, link it again and prove it."
        ),
        link=_mine(),
    )


def _reminder(about: dict[str, Any]) -> Text:
    return Text(
        title=f"Prove that {driver_name(about)} is yours",
        sentence=(
            f"{where(about)} is linked to your account, and nobody has proved yet that it is yours. Without proof the "
            f"link ends{_day(about['detail'].get('lapses_at'))}; the profile and its results stay."
        ),
        link=_page("verify", "Verify your ownership", about),
    )


def _lapsed(about: dict[str, Any]) -> Text:
    return Text(
        title=f"The link to {driver_name(about)} has ended",
        sentence=(
            f"Nobody proved in time that {where(about)} is yours, so it is not linked to your account any more. The "
            f"profile and its results stay. You may link it again after {settings.RELINK_DAYS} days, or claim it now."
        ),
        link=_page("claim", "Claim it", about),
    )


def _taken_over(about: dict[str, Any]) -> Text:
    verified = about["detail"].get("was_verified")
    return Text(
        title=f"{driver_name(about)} went to another account",
        sentence=(
            f"Somebody else has proved that {where(about)} is theirs, so it is not linked to your account any more"
            f"{', although you had verified it: the newer proof counts' if verified else ''}. If it is yours, tell the "
            "site's staff."
        ),
        link=_help("What you can do", "dispute"),
    )


def _disputed(about: dict[str, Any]) -> Text:
    return Text(
        title=f"Whose profile is {driver_name(about)}?",
        sentence=(
            f"Two accounts say that {where(about)} is theirs, and yours is one of them. The site's staff look at it "
            "and decide; until then nothing changes. We'll let you know."
        ),
        link=_mine(),
    )


def _decided(about: dict[str, Any]) -> Text:
    won, holder = about["detail"].get("accepted"), about["detail"].get("holder")
    reason = plain(about["detail"].get("reason"), 2000)
    return Text(
        title=f"Decided: {driver_name(about)} is yours" if won else f"Decided: {driver_name(about)} stays as it was",
        sentence=(
            (f"You keep {where(about)}. Staff refused the claim" if holder else f"{where(about)} is yours now")
            if won
            else f"Staff refused your claim to {where(about)}"
        )
        + (f": {reason}" if reason else "."),
        link=_manage(about) if won else _mine(),
    )


def _merged(about: dict[str, Any]) -> Text:
    other = plain(about["detail"].get("merged_name")) or "a profile without a name"
    if about["detail"].get("undone"):
        return Text(
            title=f"Two profiles again: {driver_name(about)}",
            sentence=f"Staff have undone the merge of {other} into {where(about)}. Each has its own results again.",
            link=_mine(),
        )
    return Text(
        title=f"Two profiles became one: {driver_name(about)}",
        sentence=(
            f"{other} and {where(about)} are the same driver. Results, former names and the old address came along."
        ),
        link=_manage(about),
    )


def _claimed(about: dict[str, Any]) -> Text:
    claim = about["detail"].get("claim")
    path = reverse("admin:sim_claim_change", args=[claim]) if claim else reverse("admin:sim_claim_changelist")
    return Text(
        title=f"A claim waits: {driver_name(about)}",
        sentence=f"Somebody says that {where(about)} is theirs. Look at the claim and decide.",
        link=Link("Decide", path),
    )


def _import_refused(about: dict[str, Any]) -> Text:
    files = about["detail"].get("files", 1)
    return Text(
        title=f"{files} result file{'' if files == 1 else 's'} refused",
        sentence=(
            f"An import refused {files} file{'' if files == 1 else 's'}. The first one: "
            f"{plain(about['detail'].get('first'), 500)}"
        ),
        link=_help("What the site reads", "result-files"),
    )


def _day(moment: object) -> str:
    try:
        at = datetime.fromisoformat(str(moment))
    except ValueError:
        # The detail is stored JSON: without a readable day the reminder still says what to do.
        return " soon"
    return f" on {day(at)}"


_TEXTS: dict[Kind, Callable[[dict[str, Any]], Text]] = {
    Kind.UPGRADED: _upgraded,
    Kind.LINKED: _linked,
    Kind.VERIFIED: _verified,
    Kind.UNVERIFIED: _unverified,
    Kind.UNLINKED: _unlinked,
    Kind.REMINDER: _reminder,
    Kind.LAPSED: _lapsed,
    Kind.TAKEN_OVER: _taken_over,
    Kind.DISPUTED: _disputed,
    Kind.DECIDED: _decided,
    Kind.MERGED: _merged,
    Kind.CLAIMED: _claimed,
    Kind.IMPORT_REFUSED: _import_refused,
    Kind.LEAGUE_DECIDED: league_texts.league_decided,
    Kind.REPORTED: league_texts.reported,
    Kind.REPORT_ANSWERED: league_texts.report_answered,
    Kind.INCIDENT: league_texts.incident,
    Kind.RULED: league_texts.ruled,
    Kind.NAME_ASKED: league_texts.name_asked,
    Kind.NAME_ANSWERED: league_texts.name_answered,
    Kind.NAME_TIED: league_texts.name_tied,
    Kind.DETACHED: league_texts.detached,
    Kind.RESULT: result_texts.result,
    Kind.FOLLOWED: result_texts.result,
}
