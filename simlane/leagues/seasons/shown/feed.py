"""A season's calendar as an iCalendar file (RFC 5545), for calendars that follow an address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar
from icalendar import Event as CalendarEntry

from simlane.leagues.addresses import of_season
from simlane.leagues.models import Season
from simlane.leagues.seasons.shown.calendar import ShownRound
from simlane.users.notifications.mails import absolute


def icalendar(season: Season, rounds: Iterable[ShownRound], now: datetime) -> bytes:
    """The rounds that have a date. A round keeps its UID whatever becomes of it, and stays when it is cancelled."""
    calendar = Calendar()
    calendar.add("prodid", "-//SimLane//Season//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"{season.league.name}: {season.name}")
    host = urlsplit(settings.SITE_URL).hostname
    for each in rounds:
        if each.day_or_start is None:
            continue
        entry = CalendarEntry()
        entry.add("uid", f"season-round-{each.planned.pk}@{host}")
        entry.add("dtstamp", now)
        entry.add("dtstart", each.day_or_start)
        entry.add("summary", f"{season.name}, round {each.planned.number}: {each.name}")
        if each.place:
            entry.add("location", each.place)
        entry.add("status", "CANCELLED" if each.state == "cancelled" else "CONFIRMED")
        entry.add("url", absolute(each.url or of_season(season)))
        calendar.add_component(entry)
    return bytes(calendar.to_ical())
