"""Where everything in a chart stands. The template draws it: across in percent, so that it fits any width and letters
keep their size; down in pixels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simlane.upgrade.rehearsal.figures import Buckets
from simlane.upgrade.rehearsal.measurements import Step
from simlane.upgrade.rehearsal.wording import clock, duration

LANE, PLOT, AXIS = 18, 170, 26
#: The drawing's widths in pixels on a phone and on a desk, as far as labels must fit into them.
_PHONE, _DESK = 300, 1050
_LETTER, _NUMBER = 7.5, 24
#: Of many short steps, those that find no room keep their shade and their place in the legend.
_MOST_LANES = 8
#: A line stops where this many buckets in a row hold nothing.
_GAP = 5
_MINUTES_FROM_S = 600


@dataclass(frozen=True, slots=True)
class Tick:
    at: str
    label: str
    #: `start`, `middle` or `end`: the first and last must not be cut off.
    anchor: str = "middle"
    #: Left out on a phone.
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A step, shaded, under its number; its name where that fits: `always`, on a desk (`wide`), or not."""

    x: str
    width: str
    number: int
    name: str
    title: str
    shown: str
    centre: str
    lane: int
    labelled: bool
    odd: bool


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    style: str
    points: Mapping[int, float]
    path: str = ""


@dataclass(frozen=True, slots=True)
class Hover:
    x: str
    width: str
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing: its lines, its scale, and what it says to who cannot see it."""

    title: str
    says: str
    height: int
    plot: int
    top: int
    foot: int
    axis: int
    heights: list[Tick]
    times: list[Tick]
    bands: list[Band]
    series: list[Series]
    hovers: list[Hover]
    marks: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scale:
    """Values to 0 (the foot of the plot) .. 1; a logarithmic scale begins at a power of ten."""

    low: float
    high: float
    step: float = 0
    log: bool = False

    def of(self, value: float) -> float:
        if self.log:
            at = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            at = (value - self.low) / (self.high - self.low)
        return min(max(at, 0.0), 1.0)

    def ticks(self) -> list[float]:
        if self.log:
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            return [10.0**power for power in range(first, last + 1)]
        return [self.step * i for i in range(round(self.high / self.step) + 1)]


def log_scale(values: Sequence[float]) -> Scale:
    """Whole powers of ten around the values; what took no time counts as a hundredth."""
    shown = [max(value, 0.01) for value in values] or [1.0]
    low = 10.0 ** math.floor(math.log10(min(shown)))
    return Scale(low, max(10.0 ** math.ceil(math.log10(max(shown))), low * 10), log=True)


def linear_scale(values: Sequence[float]) -> Scale:
    """From nought to a round number above the greatest value, in whole steps: most of what it measures is counted."""
    greatest = max([*values, 1.0])
    step = max(_round_step(greatest / 4), 1.0)
    return Scale(0.0, math.ceil(greatest / step - 1e-9) * step, step)


def _round_step(at_least: float) -> float:
    power = 10.0 ** math.floor(math.log10(at_least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= at_least - 1e-12)


class Frame:
    """What the panels of one report share: the time axis and the steps on it."""

    def __init__(self, cut: Buckets, steps: Sequence[Step]) -> None:
        self.cut = cut
        # One bucket alone still needs a width.
        self.length_s = max(cut.end_s - cut.start_s, cut.width_s)
        self.minutes = self.length_s >= _MINUTES_FROM_S
        self.times = self._times()
        self.bands, self.lanes = self._bands(steps)

    def percent(self, at_s: float) -> float:
        return min(max((at_s - self.cut.start_s) / self.length_s * 100, 0.0), 100.0)

    def panel(
        self,
        title: str,
        says: str,
        scale: Scale,
        series: Sequence[Series],
        hovers: Mapping[int, str],
        marks: Sequence[int],
    ) -> Panel:
        top = LANE * self.lanes + 10
        middles = {index: self._middle(index) for index in {*hovers, *marks}}
        half = self.cut.width_s / self.length_s * 50
        return Panel(
            title=title,
            says=says,
            height=top + PLOT + AXIS,
            plot=PLOT,
            top=top,
            foot=top + PLOT,
            axis=top + PLOT + 18,
            heights=[Tick(f"{top + PLOT * (1 - scale.of(v)):.1f}", f"{v:,.10g}") for v in scale.ticks()],
            times=self.times,
            bands=self.bands,
            series=[Series(s.name, s.style, s.points, self._path(s.points, scale)) for s in series],
            hovers=[Hover(f"{middles[i] - half:.3f}", f"{half * 2:.3f}", text) for i, text in hovers.items()],
            marks=[f"{middles[index]:.3f}" for index in marks],
        )

    def _middle(self, index: int) -> float:
        return self.percent(self.cut.starts(index) + self.cut.width_s / 2)

    def _path(self, points: Mapping[int, float], scale: Scale) -> str:
        """In a box of 1000 by 1000. A point alone is a line of no length, which a round pen makes a dot."""
        drawn: list[str] = []
        before: int | None = None
        for index, value in points.items():
            at = f"{self._middle(index) * 10:.1f} {(1 - scale.of(value)) * 1000:.0f}"
            joined = before is not None and index - before <= _GAP
            drawn.append(f"L{at}" if joined else f"M{at}h0.01")
            before = index
        return "".join(drawn)

    def _times(self) -> list[Tick]:
        step = self.length_s / 8
        if self.minutes:
            rounds = [60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0]
            step = next((r for r in rounds if r >= step), math.ceil(step / 3600) * 3600.0)
        else:
            step = _round_step(step)
        first = math.ceil(self.cut.start_s / step - 1e-9)
        last = math.floor((self.cut.start_s + self.length_s) / step + 1e-9)
        ticks = []
        for i in range(first, last + 1):
            at = self.percent(i * step)
            anchor = "start" if at < 2 else "end" if at > 98 else "middle"
            ticks.append(Tick(f"{at:.3f}", clock(i * step, minutes=self.minutes), anchor, wide=i % 2 != 0))
        return ticks

    def _bands(self, steps: Sequence[Step]) -> tuple[list[Band], int]:
        """Labels that would touch stand above each other, in as few lanes as hold them on a phone."""
        lanes: list[float] = []
        bands = []
        for number, step in sorted(enumerate(steps, 1), key=lambda numbered: numbered[1].started_s):
            start, end = self.percent(step.started_s), self.percent(step.finished_s)
            need = _NUMBER + len(step.name) * _LETTER
            width = end - start
            shown = "always" if width * _PHONE / 100 >= need else "wide" if width * _DESK / 100 >= need else ""
            half = _NUMBER / 2 / _PHONE * 100
            centre = min(max((start + end) / 2, half), 100 - half)
            left, right = centre - half, centre + half
            if shown:
                left, right = min(left, start), max(right, end)
            lane = next((i for i, taken in enumerate(lanes) if taken <= left + 1e-9), len(lanes))
            if labelled := lane < _MOST_LANES:
                lanes[lane : lane + 1] = [right]
            title = f"{number}. {step.name}: {duration(step.length_s)}"
            bands.append(
                Band(
                    x=f"{start:.3f}",
                    width=f"{width:.3f}",
                    number=number,
                    name=step.name,
                    title=title,
                    shown=shown,
                    centre=f"{centre:.3f}",
                    lane=LANE * lane + 14,
                    labelled=labelled,
                    odd=number % 2 == 1,
                )
            )
        return bands, len(lanes)
