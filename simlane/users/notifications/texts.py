"""The texts of each kind of notification, for the list, the e-mail's text and its HTML.

Texts are plain: whoever shows them escapes them. Names of drivers come from files that anybody may have written.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from simlane.sim.ownership.events import Kind
from simlane.users.models import Notification

MAX_NAME = 80
#: Categories of line breaks and direction marks, with which a name could forge the text around it.
UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Link:
    """Where to go: the words of the link, and a path on this site."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class Text:
    """The words of a notification: `title` is the mail's subject too.

    `points` are further paragraphs of the mail, each with a heading, and `further` is a link below them.
    """

    title: str
    sentence: str
    link: Link
    points: tuple[tuple[str, str], ...] = ()
    further: Link | None = None


def text(notification: Notification) -> Text:
    """The words of a notification."""
    about = {**notification.about, "detail": notification.detail}
    return _TEXTS[Kind(notification.kind)](about)


def plain(value: object, limit: int = MAX_NAME) -> str:
    """A name on one line, without characters nobody sees, and not longer than anybody reads."""
    shown = "".join(" " if unicodedata.category(each) in UNSAFE else each for each in str(value or ""))
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def _name(about: dict[str, Any]) -> str:
    return plain(about.get("name")) or "A driver without a name"


def _where(about: dict[str, Any]) -> str:
    return f"{_name(about)} on {plain(about.get('simulator')) or 'its simulator'}"


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
        title=f"Linked: {_name(about)}",
        sentence=f"{_where(about)} is linked to your account. Prove that it is yours, and it stays with you.",
        link=_page("verify", "Verify your ownership", about),
    )


def _verified(about: dict[str, Any]) -> Text:
    return Text(
        title=f"Verified: {_name(about)}",
        sentence=f"{_where(about)} is verified as yours. You can now hide it if you want to.",
        link=_manage(about),
    )


def _unlinked(about: dict[str, Any]) -> Text:
    return Text(
        title=f"Unlinked: {_name(about)}",
        sentence=(
            f"The site's staff have ended the link between {_where(about)} and your account. The profile and its "
            "results stay. If it is yours, link it again and prove it."
        ),
        link=_mine(),
    )


def _reminder(about: dict[str, Any]) -> Text:
    return Text(
        title=f"Prove that {_name(about)} is yours",
        sentence=(
            f"{_where(about)} is linked to your account, and nobody has proved yet that it is yours. Without proof the "
            f"link ends{_day(about['detail'].get('lapses_at'))}; the profile and its results stay."
        ),
        link=_page("verify", "Verify your ownership", about),
    )


def _lapsed(about: dict[str, Any]) -> Text:
    return Text(
        title=f"The link to {_name(about)} has ended",
        sentence=(
            f"Nobody proved in time that {_where(about)} is yours, so it is not linked to your account any more. The "
            f"profile and its results stay. You may link it again after {settings.RELINK_DAYS} days, or claim it now."
        ),
        link=_page("claim", "Claim it", about),
    )


def _taken_over(about: dict[str, Any]) -> Text:
    verified = about["detail"].get("was_verified")
    return Text(
        title=f"{_name(about)} went to another account",
        sentence=(
            f"Somebody else has proved that {_where(about)} is theirs, so it is not linked to your account any more"
            f"{', although you had verified it: the newer proof counts' if verified else ''}. If it is yours, tell the "
            "site's staff."
        ),
        link=_help("What you can do", "dispute"),
    )


def _disputed(about: dict[str, Any]) -> Text:
    return Text(
        title=f"Whose profile is {_name(about)}?",
        sentence=(
            f"Two accounts say that {_where(about)} is theirs, and yours is one of them. The site's staff look at it "
            "and decide; until then nothing changes. We'll let you know."
        ),
        link=_mine(),
    )


def _decided(about: dict[str, Any]) -> Text:
    won, holder = about["detail"].get("accepted"), about["detail"].get("holder")
    reason = plain(about["detail"].get("reason"), 2000)
    return Text(
        title=f"Decided: {_name(about)} is yours" if won else f"Decided: {_name(about)} stays as it was",
        sentence=(
            (f"You keep {_where(about)}. Staff refused the claim" if holder else f"{_where(about)} is yours now")
            if won
            else f"Staff refused your claim to {_where(about)}"
        )
        + (f": {reason}" if reason else "."),
        link=_manage(about) if won else _mine(),
    )


def _merged(about: dict[str, Any]) -> Text:
    other = plain(about["detail"].get("merged_name")) or "a profile without a name"
    if about["detail"].get("undone"):
        return Text(
            title=f"Two profiles again: {_name(about)}",
            sentence=f"Staff have undone the merge of {other} into {_where(about)}. Each has its own results again.",
            link=_mine(),
        )
    return Text(
        title=f"Two profiles became one: {_name(about)}",
        sentence=(
            f"{other} and {_where(about)} are the same driver. Results, former names and the old address came along."
        ),
        link=_manage(about),
    )


def _claimed(about: dict[str, Any]) -> Text:
    claim = about["detail"].get("claim")
    path = reverse("admin:sim_claim_change", args=[claim]) if claim else reverse("admin:sim_claim_changelist")
    return Text(
        title=f"A claim waits: {_name(about)}",
        sentence=f"Somebody says that {_where(about)} is theirs. Look at the claim and decide.",
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
    return f" on {at.day} {at:%B %Y}"


_TEXTS: dict[Kind, Callable[[dict[str, Any]], Text]] = {
    Kind.UPGRADED: _upgraded,
    Kind.LINKED: _linked,
    Kind.VERIFIED: _verified,
    Kind.UNLINKED: _unlinked,
    Kind.REMINDER: _reminder,
    Kind.LAPSED: _lapsed,
    Kind.TAKEN_OVER: _taken_over,
    Kind.DISPUTED: _disputed,
    Kind.DECIDED: _decided,
    Kind.MERGED: _merged,
    Kind.CLAIMED: _claimed,
    Kind.IMPORT_REFUSED: _import_refused,
}
