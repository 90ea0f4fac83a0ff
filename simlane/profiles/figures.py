"""What the lines of a session's classification say beside their own columns: gaps, best sectors, laps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Min, Q

from simlane.profiles.addresses import of_entry
from simlane.profiles.crew import label
from simlane.sim.laps.gaps import Gap, behind, behind_best, class_leaders
from simlane.sim.laps.pace import Sectors, fastest, theoretical_best
from simlane.sim.models import Entry, Lap, Session

_VALID = Q(valid=True)


@dataclass(frozen=True, slots=True)
class Figures:
    """An entry's figures: `to_first_ms` behind the first one's best lap, `class_gap` behind its class's first.

    `url` is the page of its laps, if it has any; `pits` is how often it went through the pits in a race.
    """

    url: str = ""
    to_first_ms: int | None = None
    class_gap: Gap | None = None
    pits: int | None = None


@dataclass(frozen=True, slots=True)
class Laps:
    """What the laps of a car come to: the best sectors of valid ones, and how many went through the pits.

    `pits` is None where nothing says so of each lap.
    """

    sectors: Sectors
    pits: int | None


_NONE = Laps((None, None, None), None)


@dataclass(frozen=True, slots=True)
class Timing:
    """What is timed of a session: `by` has the number of each best sector, its time, and the car's label."""

    best: Sectors
    by: list[tuple[int, int, str]]
    has_laps: bool
    has_pits: bool

    @property
    def ideal_ms(self) -> int | None:
        """The lap that the best sectors would make."""
        return theoretical_best(self.best, None)


def timed(session: Session) -> dict[int, Laps]:
    """By entry what its laps come to, in one statement; who has no laps is not among them."""
    rows = (
        Lap.objects.filter(entry__session=session)
        .order_by()
        .values_list("entry")
        .annotate(
            first=Min("sector1_ms", filter=_VALID),
            second=Min("sector2_ms", filter=_VALID),
            third=Min("sector3_ms", filter=_VALID),
            pits=Count("number", filter=Q(pit=True)),
            untold=Count("number", filter=Q(pit=None)),
        )
    )
    return {
        entry: Laps((first, second, third), None if untold else pits)
        for entry, first, second, third, pits, untold in rows
    }


def add(session: Session, entries: Sequence[Entry], found: Mapping[int, Laps]) -> Timing:
    """Gives each entry of the session its `figures`, from what `timed` found; the session knows its event."""
    race = session.kind == Session.Kind.RACE
    leaders = class_leaders(entries) if race else {}
    first = None if race else next((entry.best_lap_ms for entry in entries if entry.best_lap_ms), None)
    for entry in entries:
        laps = found.get(entry.pk)
        leader = leaders.get(entry.car_class) if entry.status == Entry.Status.FINISHED else None
        entry.figures = Figures(  # type: ignore[attr-defined]
            url=of_entry(session.event, session, entry) if laps else "",
            to_first_ms=behind_best(entry.best_lap_ms, first),
            class_gap=behind(leader, entry) if leader is not None and leader is not entry else None,
            # Outside of races a car that comes in has ended its run, and files mark some of those.
            pits=laps.pits if laps and race else None,
        )
    best = fastest(laps.sectors for laps in found.values())
    by = [
        (
            number + 1,
            time,
            label(next(entry for entry in entries if found.get(entry.pk, _NONE).sectors[number] == time)),
        )
        for number, time in enumerate(best)
        if time
    ]
    has_pits = race and any(laps.pits is not None for laps in found.values())
    return Timing(best, by, bool(found), has_pits)
