"""Rulings in words, for pages and for those who are told."""

from __future__ import annotations

from simlane.results.models import Ruling
from simlane.results.parsed import ParsedEntry
from simlane.results.rulings.fitting import Target
from simlane.sim.models import Entry

Kind = Ruling.Kind


def said(ruling: Ruling) -> str:
    """What is ruled: “5 seconds added”."""
    value = ruling.value or 0
    if ruling.kind == Kind.TIME:
        return f"{value / 1000:g} {'second' if value == 1000 else 'seconds'} added"
    if ruling.kind == Kind.PLACES:
        return f"{value} {_plural('position', value)} lost"
    if ruling.kind == Kind.POINTS:
        return f"{abs(value)} {_plural('point', abs(value))} {'given' if value > 0 else 'taken'}"
    if ruling.kind == Kind.LAP:
        return f"Lap {value} deleted"
    if ruling.kind == Kind.DRIVER:
        return f"Driven by {ruling.driver_name or 'nobody known'}"
    return ruling.get_kind_display()


def about(ruling: Ruling) -> str:
    """Whom it is about: “#8 Alice Amber”; with the seat, where that says who."""
    target = Target.read(ruling.target)
    if ruling.kind == Kind.DRIVER and len(target.drivers) > 1 and (ruling.value or 0) < len(target.drivers):
        return f"{target}, seat of {target.drivers[ruling.value or 0][1] or 'nobody named'}"
    return str(target)


def placed(entry: ParsedEntry | None) -> str:
    """Where an entry is: “P3”."""
    if entry is None:
        return "not in the results"
    if entry.status == Entry.Status.DSQ:
        return "disqualified"
    return f"P{entry.position}" if entry.position else "without a position"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
