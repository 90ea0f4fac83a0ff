"""Ratings as curves; and what a simulator itself says of its drivers after each race: their rating and licence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from simlane.sim.models import EntryDriver, Session, SimProfile

#: So many last races are in a curve.
CHARTED = 200
#: iRacing's licences from the first; each has safety ratings from 0 to 4.99.
LICENCES = ("R", "D", "C", "B", "A", "Pro", "WC")
_LICENCE = re.compile(rf"({'|'.join(LICENCES)}) (\d+\.\d\d)\Z")


class Rated(Protocol):
    """A rating, and when it became that."""

    @property
    def at(self) -> datetime: ...

    @property
    def rating(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Point:
    """What a driver had after a race."""

    at: datetime
    rating: int
    change: int | None
    licence: str
    event: int
    event_name: str

    @property
    def licence_height(self) -> float | None:
        """The licence as a number that grows by five with each: “D 3.10” is 8.1; None for none."""
        match = _LICENCE.match(self.licence)
        return 5 * LICENCES.index(match[1]) + float(match[2]) if match else None


def points_of(profile: SimProfile, most: int = CHARTED) -> list[Point]:
    """The last races after which the simulator told a rating, the oldest first."""
    drives = EntryDriver.objects.filter(
        profile=profile, rating_after__isnull=False, entry__session__kind=Session.Kind.RACE
    )
    rows = drives.order_by("-raced_at", "-pk").values_list(
        *("raced_at", "rating_after", "rating_before", "license_after"),
        *("entry__session__event", "entry__session__event__name"),
    )
    return [
        Point(at, after, None if before is None else after - before, licence, event, name)
        for at, after, before, licence, event, name in reversed(list(rows[:most]))
    ]


def rating_lines(curves: Sequence[tuple[str, Sequence[Rated]]]) -> dict[str, Any]:
    """What the chart of ratings is drawn from: a line for each name, its points by time (ms) and value."""
    return {
        "lines": [
            {"name": name, "points": [_dot(point, point.rating, str(point.rating)) for point in points]}
            for name, points in curves
        ]
    }


def licence_lines(points: Sequence[Point]) -> dict[str, Any]:
    """The same of licences; the axis is named by their letters."""
    dots = [_dot(point, point.licence_height, point.licence) for point in points if point.licence_height is not None]
    steps = {str(5 * place): name for place, name in enumerate(LICENCES)}
    return {"lines": [{"name": "Licence", "points": dots}], "steps": steps}


def _dot(point: Rated, height: float | None, said: str) -> tuple[int, float | None, str]:
    return int(1000 * point.at.timestamp()), height, said
