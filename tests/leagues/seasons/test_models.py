"""What the database itself holds of seasons, and that points are exact in it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Sum

from simlane.leagues.models import (
    PlacePoints,
    PointsTable,
    Round,
    RoundRace,
    Season,
    SeasonClass,
    SeasonEntry,
    Standing,
    Team,
)
from simlane.leagues.models.seasons import RESERVED_SEASONS
from simlane.leagues.seasons import tables
from simlane.sim.errors import Refused
from simlane.sim.models import Event, SimProfile

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Season, {"slug": ""}),
        (Season, {"slug": "Spring"}),
        *((Season, {"slug": slug}) for slug in RESERVED_SEASONS[:2]),
        (Season, {"slug": "spring"}),
        (Season, {"slug": "new-one", "state": "over"}),
        (Season, {"slug": "new-one", "scope": "car"}),
        (Season, {"slug": "new-one", "tie_break": "coin"}),
        (Season, {"slug": "new-one", "team_cars": 0}),
        (Season, {"slug": "new-one", "minimum_distance": 101}),
        (SeasonClass, {"name": "GT3"}),
        (PointsTable, {"name": "Race"}),
        (PointsTable, {"name": "Another", "counts_for": "race"}),
        (PointsTable, {"name": "Another", "counts_for": "rain"}),
        (PointsTable, {"name": "Another", "fastest_lap_top": 0}),
        (PointsTable, {"name": "Another", "pole": Decimal("-0.5")}),
        (Round, {"number": 1}),
        (Round, {"number": 0}),
        (Round, {"number": 2, "percent": 0}),
        (Round, {"number": 2, "percent": 1001}),
        (Team, {"name": "Amber Racing", "folded": "amber racing"}),
        (Team, {"name": "", "folded": ""}),
        (SeasonEntry, {"driver_name": "", "folded": ""}),
        (SeasonEntry, {"driver_name": "Other", "folded": "other", "identifier": "1"}),
        (SeasonEntry, {"driver_name": "ALICE", "folded": "alice"}),
        (Standing, {"kind": "driver", "row": 1, "place": 1, "key": "2"}),
        (Standing, {"kind": "driver", "row": 2, "place": 1, "key": "1"}),
        (Standing, {"kind": "driver", "row": 2, "place": 3, "key": "2"}),
        (Standing, {"kind": "car", "row": 2, "place": 2, "key": "2"}),
    ],
)
def test_the_database_refuses_what_no_season_can_be(spring: Season, model: Any, values: dict[str, Any]) -> None:
    SeasonClass.objects.create(season=spring, name="GT3")
    Round.objects.create(season=spring, number=1)
    Team.objects.create(season=spring, name="Amber Racing", folded="amber racing")
    SeasonEntry.objects.create(season=spring, driver_name="Alice", folded="alice")
    SeasonEntry.objects.create(season=spring, driver_name="Alice", folded="alice", identifier="1")
    points = {"points": 0, "points_driven": 0}
    Standing.objects.create(season=spring, kind="driver", row=1, place=1, key="1", name="Alice", **points)
    if model is Season:
        values = {"league": spring.league, "simulator": spring.simulator, **values}
    elif model is Standing:
        values = {"season": spring, "name": "Bob", **points, **values}
    else:
        values = {"season": spring, **values}
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(**values)


def test_a_place_has_one_number_of_points_and_a_race_one_table(spring: Season) -> None:
    table = spring.points_tables.get()
    for place, points in ((1, 25), (0, 1), (99, -1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            PlacePoints.objects.create(table=table, place=place, points=Decimal(points))
    planned = Round.objects.create(season=spring, number=1)
    RoundRace.objects.create(round=planned, session_number=3, table=table)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoundRace.objects.create(round=planned, session_number=3)


def test_an_event_is_one_round_and_a_team_has_no_profile(spring: Season) -> None:
    event = Event.objects.create(simulator=spring.simulator, league=spring.league, name="Monza")
    Round.objects.create(season=spring, number=1, event=event)
    with pytest.raises(IntegrityError), transaction.atomic():
        Round.objects.create(season=spring, number=2, event=event)
    profile = SimProfile.objects.create(
        simulator=spring.simulator, profile_identifier="76561190000000001", profile_name="Alice"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Standing.objects.create(
            season=spring, kind="team", row=1, place=1, key="1", name="T", profile=profile, points=0, points_driven=0
        )


def test_points_are_exact_in_the_database_and_in_its_sums(spring: Season) -> None:
    halves = [Decimal(each) for each in ("16.5", "0.1", "0.2", "10", "0.1250")]
    for row, points in enumerate(halves, 1):
        Standing.objects.create(
            season=spring, kind="driver", row=row, place=1, key=str(row), name="N", points=points, points_driven=points
        )
    rows = Standing.objects.order_by("row")
    assert [str(each.points) for each in rows] == ["16.5", "0.1", "0.2", "10", "0.125"]
    assert rows.aggregate(total=Sum("points"))["total"] == sum(halves) == Decimal("26.925")
    assert rows.get(points=Decimal("0.2")).row == 3
    assert rows.filter(points=F("points_driven"), points__gt=Decimal("0.1")).count() == 4
    with connection.cursor() as cursor:
        cursor.execute("SELECT points FROM leagues_standing WHERE row = 1".replace("row", '"row"'))
        assert cursor.fetchone() == (165_000,)
    for wrong, error in ((Decimal("0.00001"), ValidationError), (0.5, TypeError)):
        with pytest.raises(error):
            Standing.objects.update(points=wrong)


@pytest.mark.parametrize(
    ("preset", "first", "last", "places"),
    [
        ("f1", "25", "1", 10),
        ("f1-sprint", "8", "1", 8),
        ("gt", "25", "1", 10),
        ("gt-sprint", "16.5", "0.5", 10),
        ("indycar", "50", "5", 33),
        ("linear", "20", "1", 20),
    ],
)
def test_a_preset_takes_the_place_of_what_the_table_had(
    spring: Season, preset: str, first: str, last: str, places: int
) -> None:
    table = spring.points_tables.get()
    tables.set_places(table, [Decimal(100)] * 50)
    table.fastest_lap, table.fastest_lap_top = Decimal(1), 10
    tables.fill(table, preset)
    table.refresh_from_db()
    found = [str(each) for each in table.places.values_list("points", flat=True)]
    assert (found[0], found[-1], len(found)) == (first, last, places)
    assert found == sorted(found, key=Decimal, reverse=True)
    bonuses = (table.pole, table.fastest_lap, table.fastest_lap_top, table.lap_led, table.most_laps_led)
    assert bonuses == ((1, 0, None, 1, 2) if preset == "indycar" else (int("gt" in preset), 0, None, 0, 0))


@pytest.mark.parametrize("wrong", ["-1", "0.125", "10001", "NaN"])
def test_a_table_that_cannot_be_is_refused_and_stays_as_it_was(spring: Season, wrong: str) -> None:
    table = spring.points_tables.get()
    with pytest.raises(Refused, match="Place 2"):
        tables.set_places(table, [Decimal(3), Decimal(wrong)])
    assert table.places.count() == 10
