"""What a place is worth: exact numbers of points, and the tables that give them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.text import capfirst

from simlane.leagues.models.seasons import Season

if TYPE_CHECKING:
    _WholeNumber = models.BigIntegerField[Decimal | int, Decimal]
else:
    _WholeNumber = models.BigIntegerField

#: The most that a place, or anything else, can be worth.
MOST_POINTS = Decimal(10_000)


def plain(number: Decimal) -> Decimal:
    """The number without zeros that say nothing: 25 and 12.5, never 2.5E+1 or 12.50."""
    whole = number.to_integral_value()
    return whole.quantize(Decimal(1)) if number == whole else number.normalize()


class PointsField(_WholeNumber):
    """An exact number of points with so many decimal `places`, a Decimal in Python and a whole number in the database.

    SQLite would keep a decimal as a binary fraction, and add those up. Raises ValidationError for more decimals.
    """

    def __init__(self, *args: Any, places: int = 4, **kwargs: Any) -> None:
        self.places = places
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """For migrations it is the whole number that the database has."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.BigIntegerField", args, kwargs

    def from_db_value(self, value: int | None, *_: Any) -> Decimal | None:
        return None if value is None else plain(Decimal(value).scaleb(-self.places))

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        if isinstance(value, float):
            raise TypeError("points are exact: no binary fractions")
        return forms.DecimalField(decimal_places=self.places).to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        if value is None or hasattr(value, "resolve_expression"):
            return value
        number: Decimal = self.to_python(value)  # type: ignore[assignment]
        scaled = number.scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise ValidationError(f"Points have at most {self.places} decimals.")
        return int(scaled)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> Any:
        return forms.DecimalField(
            **{
                "decimal_places": self.places,
                "max_value": MOST_POINTS,
                "min_value": Decimal(0),
                "required": not self.blank,
                "label": capfirst(self.verbose_name),
                "help_text": self.help_text,
                "initial": self.default if self.has_default() else None,
                **{key: value for key, value in kwargs.items() if key in {"widget", "label", "help_text", "initial"}},
            }
        )


def _not_negative(name: str, table: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{name}__gte": 0}), name=f"leagues_{table}_{name}_given")


class PointsTable(models.Model):
    """What a race gives: points by place, and what is given beside.

    `counts_for` says which races of a round have it by themselves; the table of “every race” is for those that no other
    is for. Points have at most two decimals here, so that any percentage of them is exact.
    """

    class CountsFor(models.TextChoices):
        NONE = "", "Only races that it is chosen for"
        RACE = "race", "Every race"
        SECOND = "second", "Second race of a round, and later ones"
        SPRINT = "sprint", "Sprints"
        HEAT = "heat", "Heats"
        FEATURE = "feature", "Features"

    season = models.ForeignKey(Season, models.CASCADE, related_name="points_tables", db_index=False)
    name = models.CharField(max_length=100)
    counts_for = models.CharField(max_length=10, choices=CountsFor, blank=True, default=CountsFor.NONE)
    pole = PointsField(places=2, default=0, help_text="For who was first in qualifying, or else on the grid")
    fastest_lap = PointsField(places=2, default=0, help_text="For the fastest lap of the race")
    fastest_lap_top = models.PositiveSmallIntegerField(
        "fastest lap only within", null=True, blank=True, help_text="The worst place that still gets it; empty: any"
    )
    lap_led = PointsField("a lap led", places=2, default=0, help_text="For who led at least one lap")
    most_laps_led = PointsField(places=2, default=0, help_text="For who led most laps; all of those with as many")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["season", "name"],
                name="leagues_pointstable_once",
                violation_error_message="The season has a table of this name already: choose another name.",
            ),
            models.UniqueConstraint(
                fields=["season", "counts_for"],
                condition=~Q(counts_for=""),
                name="leagues_pointstable_for_once",
                violation_error_message="Another table of the season is for these races already.",
            ),
            models.CheckConstraint(
                condition=Q(counts_for__in=["", "race", "second", "sprint", "heat", "feature"]),
                name="leagues_pointstable_counts_for",
            ),
            models.CheckConstraint(
                condition=Q(fastest_lap_top=None) | Q(fastest_lap_top__gte=1), name="leagues_pointstable_top"
            ),
            *(_not_negative(name, "pointstable") for name in ("pole", "fastest_lap", "lap_led", "most_laps_led")),
        ]

    def __str__(self) -> str:
        return self.name


class PlacePoints(models.Model):
    """The points of one place of a table; a place without a row gets none."""

    table = models.ForeignKey(PointsTable, models.CASCADE, related_name="places", db_index=False)
    place = models.PositiveSmallIntegerField()
    points = PointsField(places=2)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["table", "place"], name="leagues_placepoints_once"),
            models.CheckConstraint(condition=Q(place__gte=1), name="leagues_placepoints_place"),
            _not_negative("points", "placepoints"),
        ]

    def __str__(self) -> str:
        return f"{self.place}: {self.points}"
