"""Ratings as they are stored: made of results by simlane.ratings.recomputing, and by nothing else.

Ratings and uncertainties are whole points. None of these rows keeps a profile, an event or a session: they have no
foreign keys in the database to those, and follow them a moment later.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from simlane.sim.models import Event, Session, SimProfile, Simulator

#: Wider than any skill in half a million simulated races; a value outside is a fault.
LOWEST, HIGHEST = -4000, 7000
WIDEST = 2000


def _of(target: type[models.Model], *, null: bool = False) -> Any:
    """Points at what may be gone already."""
    return models.ForeignKey(
        target, models.DO_NOTHING, null=null, related_name="+", db_index=False, db_constraint=False
    )


class Ladder(models.Model):
    """Those who are compared with each other: the drivers of a simulator in one kind of racing.

    Races whose file does not say of which kind they were are road races.

    The races from `due_at` on (from the session `due_session`, of those at one instant) have still to be counted; none,
    when that is null. `halfway` says that some of them have been counted, and standings not been made of it.
    """

    class Kind(models.TextChoices):
        ROAD = "road", "Road"
        OVAL = "oval", "Oval"

    simulator = models.ForeignKey(Simulator, models.CASCADE, related_name="ladders", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    due_at = models.DateTimeField(null=True)
    due_session = models.BigIntegerField(default=0)
    halfway = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["simulator", "kind"], name="ratings_ladder_once"),
            models.CheckConstraint(condition=Q(kind__in=["road", "oval"]), name="ratings_ladder_kind"),
            models.CheckConstraint(condition=Q(halfway=False) | Q(due_at__isnull=False), name="ratings_ladder_halfway"),
        ]

    def __str__(self) -> str:
        return f"{self.simulator} {self.get_kind_display().lower()}"


class RatedSession(models.Model):
    """A race that counts, at its place in the order of its ladder; `mixture` is what the ladder had learnt after it.

    See simlane.ratings.skill; empty until it has been counted.
    """

    ladder = models.ForeignKey(Ladder, models.CASCADE, related_name="sessions", db_index=False)
    at = models.DateTimeField()
    session = _of(Session)
    event = _of(Event)
    mixture = models.BinaryField(default=b"")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session"], name="ratings_ratedsession_once")]
        indexes = [
            models.Index(fields=["ladder", "at", "session"], name="ratings_ratedsession_order_idx"),
            models.Index(fields=["event"], name="ratings_ratedsession_event_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} UTC"


class RatedDrive(models.Model):
    """A driver's rating after a race they started in: a point of the curve.

    `races` are those that have told something of the driver so far. `gained` are the points of this one, none while the
    rating was provisional before it. `state` is what is known of the driver's skill after it: see ratings.skill.
    """

    ladder = models.ForeignKey(Ladder, models.CASCADE, related_name="drives", db_index=False)
    profile = _of(SimProfile)
    session = _of(Session)
    at = models.DateTimeField()
    year = models.SmallIntegerField()
    rating = models.SmallIntegerField()
    uncertainty = models.SmallIntegerField()
    races = models.PositiveIntegerField()
    gained = models.SmallIntegerField()
    finished = models.BooleanField()
    won = models.BooleanField()
    state = models.BinaryField()

    class Meta:
        constraints = [
            # Deleted by it as well.
            models.UniqueConstraint(fields=["session", "profile"], name="ratings_rateddrive_once"),
            models.CheckConstraint(
                condition=Q(rating__range=(LOWEST, HIGHEST), uncertainty__range=(1, WIDEST)),
                name="ratings_rateddrive_range",
            ),
        ]
        indexes = [models.Index(fields=["profile", "ladder", "at", "session"], name="ratings_rateddrive_curve_idx")]

    def __str__(self) -> str:
        return f"{self.rating} ± {self.uncertainty}"


class Figures(models.Model):
    """What a driver has of races in a ladder; the rating is that after the last of them.

    `finishes` are the starts that ended at the flag, `wins` those before everybody else, heats apart. `gained` are the
    points won or lost since the rating was certain enough.
    """

    ladder = models.ForeignKey(Ladder, models.CASCADE, related_name="+", db_index=False)
    profile = _of(SimProfile)
    rating = models.SmallIntegerField()
    uncertainty = models.SmallIntegerField()
    provisional = models.BooleanField()
    gained = models.IntegerField()
    starts = models.PositiveIntegerField()
    finishes = models.PositiveIntegerField()
    wins = models.PositiveIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.rating} ± {self.uncertainty}"

    @property
    def finish_rate(self) -> float:
        """Percent of the starts that ended at the flag."""
        return 100 * self.finishes / self.starts


def _rules(name: str) -> list[models.CheckConstraint]:
    return [
        models.CheckConstraint(
            condition=Q(rating__range=(LOWEST, HIGHEST), uncertainty__range=(1, WIDEST)), name=f"{name}_range"
        ),
        models.CheckConstraint(
            condition=Q(starts__gte=1, finishes__lte=F("starts"), wins__lte=F("starts")), name=f"{name}_counts"
        ),
    ]


def _boards(name: str, *prefix: str) -> list[models.Index]:
    """One index an order that a leaderboard has; who is not on one is not in its index."""
    conditions = {"rating": Q(provisional=False), "wins": Q(wins__gt=0), "starts": None, "gained": Q(gained__gt=0)}
    return [
        models.Index(
            *(F(each) for each in ("ladder", *prefix)),
            F(field).desc(),
            F("id").desc(),
            name=f"{name}_{field}_idx",
            condition=condition,
        )
        for field, condition in conditions.items()
    ]


class Rating(Figures):
    """A driver's rating in a ladder, and what they have of all its races."""

    at = models.DateTimeField(help_text="When the last race was")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["profile", "ladder"], name="ratings_rating_once"),
            *_rules("ratings_rating"),
        ]
        indexes = _boards("ratings_rating")


class RatingYear(Figures):
    """The same of one year (UTC)."""

    year = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["profile", "ladder", "year"], name="ratings_ratingyear_once"),
            *_rules("ratings_ratingyear"),
        ]
        indexes = _boards("ratings_ratingyear", "year")


class RatingShare(models.Model):
    """How many drivers of a ladder have this rating, the provisional ones apart: where somebody stands among all."""

    ladder = models.ForeignKey(Ladder, models.CASCADE, related_name="shares", db_index=False)
    rating = models.SmallIntegerField()
    drivers = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ladder", "rating"], name="ratings_ratingshare_once"),
            models.CheckConstraint(condition=Q(drivers__gt=0), name="ratings_ratingshare_drivers"),
        ]

    def __str__(self) -> str:
        return f"{self.drivers} with {self.rating}"


class RatingsDue(models.Model):
    """Of an event, or of a driver, something has changed that ratings are made of; with neither, of everything."""

    event = _of(Event, null=True)
    profile = _of(SimProfile, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(event=None) | Q(profile=None), name="ratings_ratingsdue_one"),
        ]

    def __str__(self) -> str:
        return f"due: {self.event_id or self.profile_id or 'everything'}"


class Recomputation(models.Model):
    """Who counts races over more than one transaction, one at a time; after `until` it is taken for dead."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    token = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ratings_recomputation_one")]

    def __str__(self) -> str:
        return f"until {self.until:%H:%M:%S} UTC"
