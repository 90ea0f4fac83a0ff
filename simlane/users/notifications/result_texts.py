"""The words about new results: what stands of an event, for one account, when they are read or sent.

So whom it does not follow any more, who has hidden a profile, and what was withdrawn is not in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from simlane.sim.models import Entry, EntryDriver, Event, Session
from simlane.users.following import drivers_of
from simlane.users.models import Follow, Notification, User
from simlane.users.notifications.wording import Link, Text, plain

#: How many drivers a notification names, and how many events a mail.
NAMED = 5
MAILED = 30
NOBODY = "Nothing in it is about you, or about whom you follow, by now."
WITHDRAWN = "These results were withdrawn again."


def look_up(rows: Iterable[Notification], user: User) -> None:
    """Gives those of the account's rows that name an event what stands of it, as their detail: two statements."""
    by_event = {row.event_id: row for row in rows if row.event_id is not None}
    if not by_event:
        return
    in_followed = Exists(Follow.objects.filter(user=user, league=OuterRef("league")))
    events: Any = Event.objects.filter(pk__in=by_event).select_related("simulator", "track", "league")
    drives = _drives(by_event, user)
    for event in events.annotate(in_followed=in_followed):
        mine, followed = drives.get(event.pk, ([], []))
        by_event[event.pk].about = {
            "detail": {
                "event": event.name,
                "path": event.get_absolute_url(),
                "place": f"{event.track}, {event.simulator}" if event.track else str(event.simulator),
                "league": event.league.name if event.league and event.in_followed else "",
                "mine": mine,
                "followed": followed,
                "withdrawn": event.withdrawn_at is not None,
            }
        }


def _drives(events: Iterable[int], user: User) -> dict[int, tuple[list[str], list[str]]]:
    """For each event the account's own results and those of whom it follows, in words, the best first.

    Of a driver's sessions the last race counts, or else the last of them.
    """
    found: Any = EntryDriver.objects.filter(
        Q(profile__linked_user=user) | Q(profile__in=drivers_of(user)), entry__session__event__in=events
    ).values(
        "profile",
        driver=F("profile__profile_name"),
        owner=F("profile__linked_user"),
        event=F("entry__session__event"),
        kind=F("entry__session__kind"),
        number=F("entry__session__number"),
        session=F("entry__session__name"),
        position=F("entry__position"),
        status=F("entry__status"),
    )
    last: dict[tuple[int, Any], dict[str, Any]] = {}
    for row in sorted(found, key=lambda row: (row["kind"] == Session.Kind.RACE, row["number"])):
        last[row["event"], row["profile"]] = row
    drives: dict[int, tuple[list[str], list[str]]] = {}
    for row in sorted(last.values(), key=lambda row: (row["position"] is None, row["position"], row["driver"])):
        mine, followed = drives.setdefault(row["event"], ([], []))
        if row["owner"] == user.pk:
            mine.append(_placed(row))
        else:
            followed.append(f"{plain(row['driver']) or 'A driver without a name'}: {_placed(row)}")
    return drives


def _placed(row: dict[str, Any]) -> str:
    status = Entry.Status(row["status"])
    ended = "" if status == Entry.Status.FINISHED else status.label.lower()
    place = f"P{row['position']}" if row["position"] and status != Entry.Status.DSQ else ""
    return f"{', '.join(filter(None, (place, ended))) or 'no place'} in {plain(row['session'])}"


def result(about: dict[str, Any]) -> Text:
    """The words of one row, once it was looked up."""
    detail = about["detail"]
    name = plain(detail.get("event")) or "An event without a name"
    mine, followed, league = detail.get("mine", ()), detail.get("followed", ()), plain(detail.get("league"))
    link = Link("See the results", detail.get("path") or reverse("profiles:events"))
    place = f"{plain(detail.get('place'), 200)}. " if detail.get("place") else ""
    if detail.get("withdrawn"):
        return Text(f"Withdrawn: {name}", WITHDRAWN, link)
    if not stands(detail):
        return Text(f"Results: {name}", NOBODY, link)
    said = [f"You: {', '.join(mine)}."] if mine else []
    if followed:
        more = len(followed) - NAMED
        said.append(f"{'; '.join(followed[:NAMED])}{f'; and {more} more whom you follow' if more > 0 else ''}.")
    if league:
        said.append(f"Brought in by {league}.")
    title = f"Your result is in: {name}" if mine else f"New results: {name}"
    return Text(title, f"{place}{' '.join(said)}", link)


def stands(detail: dict[str, Any]) -> bool:
    """Whether there is anything left to tell."""
    told = detail.get("mine") or detail.get("followed") or detail.get("league")
    return bool(told) and not detail.get("withdrawn")


def digest(rows: Sequence[Notification], user: User) -> Text | None:
    """One mail's words for all of these rows; None when there is nothing left to tell."""
    look_up(rows, user)
    found = [result({"detail": row.detail}) for row in rows if stands(row.detail)]
    if len(found) < 2:
        return found[0] if found else None
    newest = f" Here are the last {MAILED} of them." if len(found) > MAILED else ""
    return Text(
        title=f"{len(found)} events with new results",
        sentence=f"Since the last of these mails results of {len(found)} events have come in.{newest}",
        link=Link("See your notifications", reverse("users:notifications")),
        items=tuple(found[-MAILED:]),
    )
