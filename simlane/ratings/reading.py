"""Ratings as pages show them: a driver's standing and curve, who is near, the leaderboards.

Drivers of lists are only those whom everybody may see. Where somebody stands among all is told by numbers alone, in
which hidden profiles count too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Max, Min, Q, QuerySet, Sum

from simlane.ratings.models import Figures, Ladder, RatedDrive, RatedSession, Rating, RatingShare, RatingYear
from simlane.sim.models import SimProfile, Simulator
from simlane.sim.models.querysets import visible_to
from simlane.web.keyset import Order

#: Of so many last races is a curve.
MOST_POINTS = 500
NEAREST = 3
#: A joint rating is of so many simulators at least.
JOINED = 2

Row = TypeVar("Row", bound=Figures)


@dataclass(frozen=True, slots=True)
class Standing:
    """A driver's rating in a ladder: `place` of `rated` drivers, None while it is provisional.

    Drivers with the same rating share the best place of theirs.
    """

    rating: Rating
    kind: str
    label: str
    rated: int
    place: int | None

    @property
    def top(self) -> int | None:
        """The percent of the rated drivers, rounded up, that this one is among; None while it is provisional."""
        return None if self.place is None else -(-100 * self.place // self.rated)

    @property
    def shows_kind(self) -> bool:
        """Whether the kind of racing is worth a word: most simulators have one only."""
        return self.kind != Ladder.Kind.ROAD


@dataclass(frozen=True, slots=True)
class Point:
    """A driver's rating after a race."""

    at: datetime
    rating: int
    uncertainty: int
    finished: bool
    event_id: int
    event: str


@dataclass(frozen=True, slots=True)
class Joint:
    """One rating of a person, of several simulators."""

    rating: int
    uncertainty: int
    simulators: int


@dataclass(frozen=True, slots=True)
class Board:
    """An order of a leaderboard: who is on it, and by what."""

    slug: str
    name: str
    column: str
    order: Order
    condition: Q


BOARDS = {
    board.slug: board
    for board in (
        Board("rating", "Rating", "Rating", Order("rating", descending=True), Q(provisional=False)),
        Board("wins", "Wins", "Wins", Order("wins", descending=True), Q(wins__gt=0)),
        Board("starts", "Starts", "Starts", Order("starts", descending=True), Q()),
        Board("improved", "Most improved", "Points gained", Order("gained", descending=True), Q(gained__gt=0)),
    )
}


def standings_of(profile: SimProfile) -> list[Standing]:
    """The driver's ratings, that of the most starts first: two statements."""
    ratings = list(Rating.objects.filter(profile=profile).select_related("ladder").order_by("-starts", "pk"))
    if not ratings:
        return []
    better = Q()
    for rating in ratings:
        better |= Q(ladder=rating.ladder_id, rating__gt=rating.rating)
    shares = RatingShare.objects.filter(ladder__in=[rating.ladder_id for rating in ratings]).order_by()
    rows = shares.values("ladder").annotate(rated=Sum("drivers"), better=Sum("drivers", filter=better))
    found = {row["ladder"]: (row["rated"], row["better"] or 0) for row in rows}
    standings = []
    for rating in ratings:
        rated, above = found.get(rating.ladder_id, (0, 0))
        place = None if rating.provisional else above + 1
        standings.append(
            Standing(rating, rating.ladder.kind, rating.ladder.get_kind_display(), max(rated, place or 0), place)
        )
    return standings


def curves_of(profiles: Iterable[SimProfile]) -> list[tuple[SimProfile, str, list[Point]]]:
    """Every curve of theirs, with its driver and kind of racing: one statement, and one for each curve."""
    wanted = {profile.pk: profile for profile in profiles}
    ratings = Rating.objects.filter(profile__in=wanted).values_list("profile_id", "ladder__kind")
    order = list(wanted)
    found = sorted(ratings, key=lambda row: (order.index(row[0]), row[1] != Ladder.Kind.ROAD))
    return [(wanted[key], kind, curve(wanted[key], kind)) for key, kind in found]


def curve(profile: SimProfile, kind: str) -> list[Point]:
    """The driver's rating after each of their last races in a kind of racing, the oldest first."""
    rows = (
        RatedDrive.objects.filter(profile=profile, ladder__simulator=profile.simulator_id, ladder__kind=kind)
        .order_by("-at", "-session_id")
        .values_list("at", "rating", "uncertainty", "finished", "session__event_id", "session__event__name")
    )
    return [Point(*row) for row in reversed(rows[:MOST_POINTS])]


def nearest_to(profile: SimProfile) -> list[Rating]:
    """The visible drivers whose ratings are nearest to this one's, the best first; none of a provisional one.

    In the kind of racing in which the driver started most.
    """
    rating = Rating.objects.filter(profile=profile).order_by("-starts", "pk").first()
    if rating is None or rating.provisional:
        return []
    others = listed(Rating.objects.filter(ladder=rating.ladder_id, provisional=False).exclude(pk=rating.pk))
    ahead = Q(rating__gt=rating.rating) | Q(rating=rating.rating, pk__gt=rating.pk)
    above = others.filter(ahead, rating__gte=rating.rating).order_by("rating", "pk")[:NEAREST]
    below = others.filter(~ahead, rating__lte=rating.rating).order_by("-rating", "-pk")[:NEAREST]
    return [*reversed(above), *below]


def joint(profiles: Iterable[SimProfile]) -> Joint | None:
    """One rating of a person's profiles on several simulators; None of a single one, or while they are provisional.

    Of each simulator the surest rating counts, by the inverse of its variance: as of independent measurements of one
    skill. The person must have proved all of the profiles, and whoever is shown it must be allowed to see them.
    """
    rows = Rating.objects.filter(profile__in=[profile.pk for profile in profiles], provisional=False)
    best: dict[int, tuple[int, int]] = {}
    for simulator, rating, uncertainty in rows.order_by("-uncertainty", "pk").values_list(
        "ladder__simulator", "rating", "uncertainty"
    ):
        best[simulator] = rating, uncertainty
    if len(best) < JOINED:
        return None
    weights = [uncertainty**-2 for _, uncertainty in best.values()]
    mean = sum(rating * weight for (rating, _), weight in zip(best.values(), weights, strict=True)) / sum(weights)
    return Joint(round(mean), round(sum(weights) ** -0.5), len(best))


def ladders_of(simulator: Simulator) -> list[Ladder]:
    """The simulator's ladders, road first."""
    return list(Ladder.objects.filter(simulator=simulator).order_by("-kind"))


def all_ladders() -> Sequence[tuple[Simulator, list[tuple[Ladder, int]]]]:
    """Every simulator in which somebody is rated, with its ladders and how many drivers each has rated."""
    ladders = (
        Ladder.objects.select_related("simulator")
        .annotate(rated=Sum("shares__drivers"))
        .filter(rated__gt=0)
        .order_by("simulator__name", "simulator_id", "-kind")
    )
    return [
        (simulator, [(ladder, ladder.rated) for ladder in rows])
        for simulator, rows in groupby(ladders, attrgetter("simulator"))
    ]


def years_of(ladder: Ladder) -> list[int]:
    """The years in which its races were, the newest first; with those between them that had none."""
    races = RatedSession.objects.filter(ladder=ladder)
    span = races.aggregate(first=Min("at"), last=Max("at"))
    return list(range(span["last"].year, span["first"].year - 1, -1)) if span["first"] else []


def leaders(ladder: Ladder, board: Board, year: int | None) -> QuerySet[Rating] | QuerySet[RatingYear]:
    """Who is on the leaderboard of all time or of a year, to be paged by the board's order."""
    if year is None:
        return listed(Rating.objects.filter(board.condition, ladder=ladder))
    return listed(RatingYear.objects.filter(board.condition, ladder=ladder, year=year))


def listed(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Those of drivers whom everybody may see, with their profiles."""
    return (
        rows.filter(visible_to(AnonymousUser(), "profile__"))
        .select_related("profile__simulator")
        .defer("profile__profile_data")
    )
