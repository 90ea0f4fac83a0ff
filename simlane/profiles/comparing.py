"""Two to four drivers beside each other: who was ahead in races they shared, and their best laps on shared tracks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from simlane.sim.career.company import Start, shared_races
from simlane.sim.models import PersonalBest, SimProfile

SHOWN_RACES = 20
SHOWN_TRACKS = 60


@dataclass(slots=True)
class Score:
    """How two fared in the races of a class that they shared; `neither` where they shared a car or both were out."""

    name: str
    shared: int = 0
    ahead: int = 0
    behind: int = 0

    @property
    def neither(self) -> int:
        return self.shared - self.ahead - self.behind

    def add(self, one: Start, other: Start) -> None:
        self.shared += 1
        if one.entry != other.entry:
            self.ahead += one.place < other.place
            self.behind += one.place > other.place


@dataclass(slots=True)
class Duel:
    """Two drivers of a simulator: all races they shared, and those of each class, where there are classes."""

    one: SimProfile
    other: SimProfile
    overall: Score = field(default_factory=lambda: Score("All races"))
    classes: dict[str, Score] = field(default_factory=dict)

    @property
    def scores(self) -> list[Score]:
        """The rows of its table: one class alone is told with all races."""
        by_most = sorted(self.classes.values(), key=lambda score: (-score.shared, score.name))
        return [self.overall, *(by_most if len(by_most) > 1 else ())]

    def add(self, one: Start, other: Start) -> None:
        self.overall.add(one, other)
        name = one.car_class if one.car_class == other.car_class else "In different classes"
        self.classes.setdefault(name, Score(name or "Without a class")).add(one, other)


@dataclass(frozen=True, slots=True)
class SharedRace:
    """A race that several of them started in: the line of each, in their order; None for who was not in it."""

    start: Start
    lines: list[Start | None]


@dataclass(frozen=True, slots=True)
class SharedTrack:
    """A track on which several have a timed lap: the best of each, in their order; `record` is the best of these."""

    name: str
    laps: list[PersonalBest | None]
    record: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is said of the drivers together."""

    duels: list[Duel]
    races: list[SharedRace]
    tracks: list[SharedTrack]


def compare(profiles: Sequence[SimProfile]) -> Comparison:
    """Compares them; who is on another simulator shares nothing."""
    duels = {
        (one.pk, other.pk): Duel(one, other)
        for one, other in combinations(profiles, 2)
        if one.simulator_id == other.simulator_id
    }
    races = []
    for starts in shared_races(profiles):
        by_profile = {start.profile: start for start in starts}
        for (one, other), duel in duels.items():
            if one in by_profile and other in by_profile:
                duel.add(by_profile[one], by_profile[other])
        races.append(SharedRace(starts[0], [by_profile.get(profile.pk) for profile in profiles]))
    return Comparison(list(duels.values()), races[:SHOWN_RACES], _tracks(profiles))


def _tracks(profiles: Sequence[SimProfile]) -> list[SharedTrack]:
    """Each one's best lap on a track, whatever the car, where at least two have one."""
    place = Window(RowNumber(), partition_by=["profile", "track"], order_by=[F("best_lap_ms").asc(), F("pk").asc()])
    bests: Any = PersonalBest.objects.filter(profile__in=profiles).annotate(place=place).filter(place=1)
    by_track: dict[int, dict[UUID, tuple[int, int]]] = defaultdict(dict)
    for key, track, profile, lap in bests.values_list("pk", "track", "profile", "best_lap_ms"):
        by_track[track][profile] = (lap, key)
    shared = [laps for laps in by_track.values() if len(laps) > 1]
    # Where most of them, and then where they are nearest to each other.
    shared.sort(key=lambda laps: (-len(laps), max(laps.values())[0] / max(1, min(laps.values())[0])))
    shown = shared[:SHOWN_TRACKS]
    keys = [key for laps in shown for _, key in laps.values()]
    rows = PersonalBest.objects.select_related("track", "car").in_bulk(keys) if keys else {}
    found = []
    for laps in shown:
        lines = [rows.get(laps[profile.pk][1]) if profile.pk in laps else None for profile in profiles]
        known = [line for line in lines if line is not None]
        if known:
            found.append(SharedTrack(str(known[0].track), lines, min(laps.values())[0]))
    return sorted(found, key=lambda each: each.name)
