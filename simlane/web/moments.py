"""Instants on pages and in mails: one form of a date, “3 Nov 2026, 14:05 UTC”, everywhere.

The server writes UTC. On a page `{% when at %}` makes it a `<time>`, which assets/js/moments.js shows in the zone of
the visitor, before the first paint and in whatever htmx brings. The forms here and in assets/js/zone.js are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

#: Not the C library's: a server's locale changes no page.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NOTHING = "–"


def day(at: date) -> str:
    """“3 Nov 2026”; of an instant, the day that it is in UTC."""
    on = at.astimezone(UTC) if isinstance(at, datetime) else at
    return f"{on.day} {MONTHS[on.month - 1]} {on.year}"


def clock(at: datetime) -> str:
    """“14:05 UTC”."""
    return f"{at.astimezone(UTC):%H:%M} UTC"


def instant(at: datetime) -> str:
    """“3 Nov 2026, 14:05 UTC”."""
    return f"{day(at)}, {clock(at)}"


def weekday(at: date) -> str:
    """“Tue 3 Nov 2026, 14:05 UTC”, for what is still to come; without a time, “Tue 3 Nov 2026”."""
    if isinstance(at, datetime):
        return f"{WEEKDAYS[at.astimezone(UTC).weekday()]} {instant(at)}"
    return f"{WEEKDAYS[at.weekday()]} {day(at)}"


def plate(at: date) -> str:
    """“3” above “NOV”."""
    number, month, _ = day(at).split()
    return f"{number}\n{month.upper()}"


FORMS: dict[str, Callable[[datetime], str]] = {
    "instant": instant,
    "day": day,
    "weekday": weekday,
    "clock": clock,
    "plate": plate,
}


@register.simple_tag
def when(at: date | None, form: str = "instant", css: str = "", since: datetime | None = None) -> SafeString | str:
    """A `<time>` in one of the FORMS; nothing is a dash.

    A date without a time is the same day in every zone: it is no instant, and stays as it is. With `since` a clock
    names its day where that is another than the day of `since`.
    """
    if at is None:
        return NOTHING
    look = format_html(' class="{}"', css) if css else ""
    if not isinstance(at, datetime):
        shown = {"weekday": weekday, "plate": plate}.get(form, day)(at)
        return format_html('<time datetime="{}"{}>{}</time>', at.isoformat(), look, shown)
    at = at.astimezone(UTC)
    shown = FORMS[form](at)
    beside: SafeString | str = ""
    if since is not None:
        beside = format_html(' data-since="{}"', _iso(since))
        shown = shown if day(since) == day(at) else instant(at)
    return format_html('<time datetime="{}" data-when="{}"{}{}>{}</time>', _iso(at), form, beside, look, shown)


@register.filter
def utc(at: datetime | None) -> str:
    """The instant in plain text, for mails: “3 Nov 2026, 14:05 UTC”."""
    return NOTHING if at is None else instant(at)


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
