"""Who was where on the road after each lap of a race. Times are whole milliseconds; None means that nothing says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from simlane.sim.laps.pace import DrivenLap

Key = TypeVar("Key")
#: By lap, the first one first.
ByLap = list[int | None]


def elapsed(laps: Iterable[DrivenLap], total_ms: int | None = None, count: int | None = None) -> ByLap:
    """The race time at the end of each lap.

    Times are added up from the start as far as no lap lacks its own; behind one that does, they are taken from the
    end of the race backwards, where `total_ms` is the car's race time over `count` laps and all later laps are timed.
    A lap that is not there is one without a time.
    """
    by_number = {lap.number: lap.time_ms for lap in laps}
    last = max(by_number, default=0)
    times = [by_number.get(number) for number in range(1, last + 1)]
    found: ByLap = [None] * last
    passed = known = 0
    for time in times:
        if not time:
            break
        passed += time
        found[known] = passed
        known += 1
    if known == last or not total_ms or count != last:
        return found
    reached, passed = passed, total_ms
    for index in range(last - 1, known - 1, -1):
        # A total that leaves the earlier laps no time is of something else, such as a race with a lap added.
        if passed <= reached:
            break
        found[index] = passed
        if not (time := times[index]):
            break
        passed -= time
    return found


def positions(cars: Mapping[Key, Sequence[int | None]]) -> dict[Key, ByLap]:
    """The place of each car at the end of each of its laps, among the cars whose race time is known there.

    `cars` are their race times by lap, as `elapsed` gives them. A car that is laps down is placed by when it ended
    the lap, as on a lap chart. Equal times keep the order of `cars`.
    """
    found: dict[Key, ByLap] = {key: [None] * len(times) for key, times in cars.items()}
    for index in range(max(map(len, cars.values()), default=0)):
        ended = [(time, key) for key, times in cars.items() if (time := _at(times, index)) is not None]
        for place, (_, key) in enumerate(sorted(ended, key=lambda each: each[0]), 1):
            found[key][index] = place
    return found


def gaps(cars: Mapping[Key, Sequence[int | None]]) -> dict[Key, ByLap]:
    """What each car was behind the first one to end the lap, in milliseconds, by lap; 0 is the leader.

    Of a car that is laps down that is more than a lap's time.
    """
    leads: dict[int, int] = {}
    for times in cars.values():
        for index, time in enumerate(times):
            if time is not None:
                leads[index] = min(time, leads.get(index, time))
    return {
        key: [None if time is None else time - leads[index] for index, time in enumerate(times)]
        for key, times in cars.items()
    }


def _at(times: Sequence[int | None], index: int) -> int | None:
    return times[index] if index < len(times) else None


def driver_changes(laps: Iterable[DrivenLap]) -> list[int]:
    """The numbers of the laps on which another driver of the car begins."""
    found: list[int] = []
    before: int | None = None
    for lap in sorted(laps, key=lambda each: each.number):
        if before is not None and lap.seat != before:
            found.append(lap.number)
        before = lap.seat
    return found
