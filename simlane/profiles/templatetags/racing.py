"""Formats of times, positions and drivers' initials. Times come in whole milliseconds."""

from __future__ import annotations

from django import template
from django.urls import reverse

from simlane.profiles import addresses

register = template.Library()


@register.filter
def lap_time(milliseconds: int | None) -> str:
    """A lap or race time: 102318 is “1:42.318”, 3723004 is “1:02:03.004”; nothing is a dash."""
    if milliseconds is None:
        return "–"
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{seconds:02}.{thousandths:03}"
    return f"{minutes}:{seconds:02}.{thousandths:03}"


@register.filter
def gap(milliseconds: int | None) -> str:
    """A gap to the winner: 3412 is “+3.412”, 62001 is “+1:02.001”; none or nothing is empty."""
    if not milliseconds:
        return ""
    if milliseconds < 60_000:
        return f"+{milliseconds // 1000}.{milliseconds % 1000:03}"
    return f"+{lap_time(milliseconds)}"


@register.filter
def sector(milliseconds: int | None) -> str:
    """A sector's time: 32400 is “32.400”, 62001 is “1:02.001”; nothing is a dash."""
    if milliseconds is None or milliseconds >= 60_000:
        return lap_time(milliseconds)
    return f"{milliseconds // 1000}.{milliseconds % 1000:03}"


@register.filter
def spread(milliseconds: int | None) -> str:
    """How far laps lie around their mean: 412 is “±0.412 s”; nothing is a dash."""
    return "–" if milliseconds is None else f"±{milliseconds / 1000:.3f}\u00a0s"


@register.filter
def initials(name: str) -> str:
    """A driver's initials: the first letters of the first and the last word, or of the only one."""
    words = [word for word in name.split() if word[0].isalnum()] or name.split()
    if not words:
        return "?"
    return (words[0][:2] if len(words) == 1 else words[0][0] + words[-1][0]).upper()


@register.filter
def places_gained(finish: int | None, grid: int | None) -> int | None:
    """How many places were gained from the grid; lost ones are negative; None when either is unknown."""
    return None if finish is None or grid is None else grid - finish


@register.filter
def signed(number: int) -> str:
    """A change with its sign: 12 is “+12”, -62 is “−62”."""
    return f"+{number}" if number > 0 else f"\u2212{-number}" if number < 0 else "0"


@register.filter
def magnitude(number: int) -> int:
    """The number without its sign."""
    return abs(number)


@register.simple_tag
def event_address(key: int, name: str) -> str:
    """The address of an event of which only these were read."""
    return addresses.event_below(reverse("profiles:events"), key, name)
