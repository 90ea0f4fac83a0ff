"""The texts of notifications about leagues: what is said and decided of their results, and whose names are whose."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from simlane.users.notifications.wording import Link, Text, plain, where
from simlane.web.slugs import readable


def _event_name(about: dict[str, Any]) -> str:
    return plain(about["detail"].get("event")) or "An event without a name"


def _event_page(about: dict[str, Any]) -> str:
    """The address by the name that the event had then: it leads to the one of today's name."""
    key = about["detail"].get("event_id")
    if not key:
        return reverse("profiles:events")
    return reverse("profiles:event", args=[key, readable(str(about["detail"].get("event") or ""), "event")])


def reported(about: dict[str, Any]) -> Text:
    league, key = about["detail"].get("league"), about["detail"].get("report")
    path = reverse("admin:leagues_report_change", args=[key]) if key else reverse("admin:leagues_report_changelist")
    link = Link("Look at it", reverse("leagues:reports", args=[league]) if league else path)
    return Text(
        title=f"“{plain(about['detail'].get('what')) or 'This is wrong'}”: {_event_name(about)}",
        sentence=f"Somebody says of this event: {plain(about['detail'].get('message'), 300)}",
        link=link,
    )


def report_answered(about: dict[str, Any]) -> Text:
    return Text(
        title=f"Answered: {_event_name(about)}",
        sentence=f"To what you said of this event: {plain(about['detail'].get('answer'), 2000)}",
        link=Link("See the event", _event_page(about)),
    )


def incident(about: dict[str, Any]) -> Text:
    detail = about["detail"]
    lap_of = f", lap {lap}" if (lap := detail.get("lap")) else ""
    involved = f" ({who})" if (who := plain(detail.get("involved"), 200)) else ""
    league = detail.get("league")
    return Text(
        title=f"Incident: {_event_name(about)}",
        sentence=f"A driver reports{lap_of}{involved}: {plain(detail.get('message'), 300)}",
        link=Link("Look at it", reverse("leagues:stewards", args=[league]) if league else reverse("leagues:list")),
    )


def league_decided(about: dict[str, Any]) -> Text:
    detail = about["detail"]
    name, slug = plain(detail.get("name")) or "A league without a name", detail.get("league")
    link = Link("See the league", reverse("leagues:league", args=[slug]) if slug else reverse("leagues:list"))
    reason = plain(detail.get("reason"), 500)
    if not detail.get("stopped"):
        back = " What was withdrawn with it comes back." if detail.get("results") else ""
        return Text(f"Open again: {name}", f"The site's staff have opened {name} again: {reason}.{back}", link)
    results = "Its results are withdrawn." if detail.get("results") else "Its results stand as they did."
    return Text(
        title=f"Stopped: {name}",
        sentence=(
            f"The site's staff have stopped {name}: {reason}. Nothing comes in for it any more, and nobody is invited; "
            f"its page says so. {results} Tell the site's staff if that is a mistake: only they open it again."
        ),
        link=link,
    )


_RULED = {"undone": "Undone", "final": "Final now"}


def ruled(about: dict[str, Any]) -> Text:
    detail = about["detail"]
    act, was, now = detail.get("act"), plain(detail.get("was")), plain(detail.get("now"))
    what = f"{plain(detail.get('about'), 200)}: {plain(detail.get('what'), 300)}"
    state = "" if act == "undone" else " This is final." if detail.get("final") else " This is provisional."
    moved = f"from {was} to {now}" if was != now else f"still {now}"
    place, number = _event_page(about), detail.get("number")
    return Text(
        title=f"Stewards' decision: {_event_name(about)}",
        sentence=(
            f"{plain(detail.get('session'))}: {_RULED.get(str(act), 'Decided')}: {what}. {where(about)} is {moved}."
            f"{state} Why: {plain(detail.get('reason'), 500)}"
        ),
        link=Link("See the results", f"{place}?session={number}" if detail.get("event_id") else place),
    )


def _league_name(about: dict[str, Any]) -> tuple[str, str]:
    detail = about["detail"]
    return plain(detail.get("name")) or "A name", plain(detail.get("league")) or "A league"


def name_asked(about: dict[str, Any]) -> Text:
    name, league = _league_name(about)
    slug, driver = about["detail"].get("slug"), about["detail"].get("driver")
    path = reverse("leagues:driver_answer", args=[slug, driver]) if slug and driver else reverse("leagues:list")
    return Text(
        title=f"Are you {name} in {league}?",
        sentence=(
            f"{league} has results of {name} without a platform id, and asks whether that is you. If you say so, they "
            "stand on your profile; if not, nothing changes."
        ),
        link=Link("Answer", path),
    )


def name_answered(about: dict[str, Any]) -> Text:
    name, league = _league_name(about)
    slug, driver = about["detail"].get("slug"), about["detail"].get("driver")
    accepted = about["detail"].get("what") == "accepted"
    member = plain(about["detail"].get("member")) or "The member"
    path = reverse("leagues:driver", args=[slug, driver]) if slug and driver else reverse("leagues:list")
    return Text(
        title=f"{member} {'is' if accepted else 'is not'} {name}",
        sentence=(
            f"{member} says that {name} in {league} is theirs: its results stand on their profile."
            if accepted
            else f"{member} says that {name} in {league} is somebody else."
        ),
        link=Link("See the name", path),
    )


def name_tied(about: dict[str, Any]) -> Text:
    name, league = _league_name(about)
    slug = about["detail"].get("slug")
    path = reverse("leagues:league", args=[slug]) if slug else reverse("leagues:list")
    tied = about["detail"].get("what") == "tied"
    return Text(
        title=f"{name} in {league}: {'your results' if tied else 'not your results any more'}",
        sentence=(
            f"By the entry list of {league} the results of {name} are yours: they stand on your profile. Where you did "
            "not drive, say “That is not me” on the event's page."
            if tied
            else f"{league} has undone that the results of {name} are yours: they stand on your profile no more."
        ),
        link=Link("See the league", path),
    )


def detached(about: dict[str, Any]) -> Text:
    undone = about["detail"].get("undone")
    name = plain(about["detail"].get("name")) or "The driver"
    return Text(
        title=f"{_event_name(about)}: {'it was' if undone else 'it was not'} {name}",
        sentence=(
            f"It was decided that {name} drove in this event after all: the result counts for the profile again."
            if undone
            else f"It was decided that who owns the profile did not drive as {name} in this event. The name stays in "
            "the results, and counts for nobody's profile."
        ),
        link=Link("See the event", _event_page(about)),
    )
