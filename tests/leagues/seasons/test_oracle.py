"""Random seasons: the stored standings are those that a slow, plain implementation works out (see oracle.py)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

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
from simlane.leagues.seasons.renewing import renew
from simlane.results.models import DrivenSession, Ruling, RulingOutcome
from simlane.sim.models import Entry, EntryDriver, Event, League, Session, SimProfile, Simulator
from tests.leagues.seasons import oracle
from tests.soak import times

DRIVERS = [f"driver {number}" for number in range(7)]
CLASSES, TEAMS = ["gt3", "gt4"], ["amber", "birch"]
NOW = datetime(2026, 3, 1, 19, tzinfo=UTC)


def _car(random: Random, position: int | None, crew: list[str]) -> dict[str, Any]:
    laps = random.choice([None, 0, 5, 9, 10, 10])
    alone = len(crew) == 1
    return {
        "position": position,
        "status": random.choice(["finished"] * 7 + ["dnf", "dns", "dsq"]),
        "laps": laps,
        "laps_led": random.choice([None, 0, 3, 3, 5]),
        "best": random.choice([None, 90_000, 90_000, 91_000]),
        "grid": random.choice([None, position, random.randint(1, 9)]),
        "class": random.choice([*CLASSES, "", "other"]),
        "team": random.choice([*TEAMS, "", "other"]),
        "given": random.choice([0] * 6 + [3, -5]),
        "crew": [(name, None if alone else random.choice([None, 0, 3])) for name in crew],
    }


def _cars(random: Random) -> list[dict[str, Any]]:
    cars = []
    for place in range(1, random.randint(2, 7)):
        crew = random.sample(DRIVERS, random.choice([1, 1, 1, 2]))
        cars.append(_car(random, random.choice([place] * 9 + [None]), crew))
    if random.random() < 0.4:
        # The lines of a file stand in any order.
        random.shuffle(cars)
    return cars


def _table(random: Random) -> dict[str, Any]:
    if random.random() < 0.4:
        # Many are equal by it.
        equal = dict.fromkeys(("pole", "fastest_lap", "lap_led", "most_laps_led"), "0")
        return {"places": ["1"] * random.randint(3, 5), "fastest_lap_top": None, **equal}
    worth = ["0", "0", "1", "0.5", "2.25"]
    places = sorted((random.choice(["0", "1", "2.5", "3", "0.25", "10"]) for _ in range(5)), key=Fraction, reverse=True)
    return {
        "places": places[: random.randint(1, 5)],
        "fastest_lap_top": random.choice([None, 1, 3]),
        **{name: random.choice(worth) for name in ("pole", "fastest_lap", "lap_led", "most_laps_led")},
    }


def made_up(seed: int) -> dict[str, Any]:
    """A season as oracle.py describes it."""
    random = Random(seed)
    tables = [_table(random) for _ in range(2)]

    def race() -> dict[str, Any]:
        return {"cars": _cars(random), "table": random.choice([0, 0, 0, 0, 1, None]), "heat": random.random() < 0.2}

    return {
        "season": {
            "scope": random.choice(["overall", "class"]),
            "drop_rounds": random.choice([0, 0, 1, 2]),
            "team_drop_rounds": random.choice([0, 1]),
            "drops_disqualified": random.choice([True, False]),
            "team_cars": random.choice([None, 1, 2]),
            "minimum_distance": random.choice([0, 50, 90, 100]),
            "listed_only": random.random() < 0.2,
            "tie_break": random.choice(["countback", "countback", "shared"]),
        },
        "tables": tables,
        "classes": CLASSES,
        "teams": TEAMS,
        "entered": {
            name: {"class": random.choice([None, *CLASSES]), "team": random.choice([None, *TEAMS])}
            for name in random.sample(DRIVERS, random.randint(0, 5))
        },
        "rounds": [
            {
                "percent": random.choice([100, 100, 100, 50, 33]),
                "may_drop": random.random() < 0.8,
                "cancelled": random.random() < 0.1,
                "qualifying": random.choice([None, _cars(random)]),
                "qualifying_before": random.choice([0, 0, 1]),
                "races": [race() for _ in range(random.choice([0, 1, 1, 1, 2, 3]))],
            }
            for _ in range(random.randint(1, 6))
        ],
    }


def store(said: dict[str, Any], league: League) -> Season:
    """Writes the season down. Every other driver has a profile; the others are names only."""
    simulator = Simulator.objects.get(slug="iracing")
    season = Season.objects.create(league=league, simulator=simulator, name="S", slug="s", **said["season"])
    classes = {name: SeasonClass.objects.create(season=season, name=name.upper()) for name in said["classes"]}
    teams = {name: Team.objects.create(season=season, name=name, folded=name) for name in said["teams"]}
    profiles = {}
    for number, name in enumerate(DRIVERS):
        if number % 2:
            profiles[name] = SimProfile.objects.create(
                simulator=simulator, profile_identifier=str(100 + number), profile_name=name
            )
    for name, entered in said["entered"].items():
        SeasonEntry.objects.create(
            season=season,
            driver_name=name,
            folded=name,
            identifier=profiles[name].profile_identifier if name in profiles else "",
            season_class=classes.get(entered["class"]),
            team=teams.get(entered["team"]),
        )
    tables = []
    for number, each in enumerate(said["tables"]):
        worth = {name: Decimal(each[name]) for name in ("pole", "fastest_lap", "lap_led", "most_laps_led")}
        table = PointsTable.objects.create(
            season=season, name=str(number), fastest_lap_top=each["fastest_lap_top"], **worth
        )
        PlacePoints.objects.bulk_create(
            PlacePoints(table=table, place=place, points=Decimal(points))
            for place, points in enumerate(each["places"], 1)
        )
        tables.append(table)
    for number, each in enumerate(said["rounds"], 1):
        event = Event.objects.create(simulator=simulator, league=league, name=str(number))
        planned = Round.objects.create(
            season=season,
            number=number,
            event=event,
            **{name: each[name] for name in ("percent", "may_drop", "cancelled")},
        )
        if each["qualifying"] is not None:
            _store_session(event, 10 * each["qualifying_before"], "qualifying", "", each["qualifying"], profiles)
        for index, race in enumerate(each["races"]):
            number_in_event = 10 * index + 5
            _store_session(event, number_in_event, "race", "heat" if race["heat"] else "", race["cars"], profiles)
            table = None if race["table"] is None else tables[race["table"]]
            RoundRace.objects.create(round=planned, session_number=number_in_event, table=table, chosen=True)
    return season


def _store_session(
    event: Event, number: int, kind: str, stage: str, cars: list[dict[str, Any]], profiles: dict[str, SimProfile]
) -> None:
    session = Session.objects.create(event=event, number=number, kind=kind, stage=stage, name=kind)
    entries = Entry.objects.bulk_create(
        Entry(
            session=session,
            row=row,
            position=car["position"],
            status=car["status"],
            laps=car["laps"],
            laps_led=car["laps_led"],
            best_lap_ms=car["best"],
            grid_position=car["grid"],
            car_class=car["class"],
            team_name=car["team"].upper(),
        )
        for row, car in enumerate(cars)
    )
    EntryDriver.objects.bulk_create(
        EntryDriver(entry=entry, seat=seat, name=name, laps=laps, raced_at=NOW, profile=profiles.get(name))
        for entry, car in zip(entries, cars, strict=True)
        for seat, (name, laps) in enumerate(car["crew"])
    )
    if any(car["given"] for car in cars):
        driven = DrivenSession.objects.create(name=kind)
    for entry, car in zip(entries, cars, strict=True):
        if car["given"]:
            ruling = Ruling.objects.create(session=driven, kind="points", target={}, value=car["given"], reason="so")
            RulingOutcome.objects.create(ruling=ruling, entry=entry)


def stored(season: Season) -> dict[tuple[str, str | None], list[tuple[Any, ...]]]:
    """The standings as oracle.standings gives them."""
    found: dict[tuple[str, str | None], list[tuple[Any, ...]]] = {}
    rows = Standing.objects.filter(season=season).select_related("season_class").order_by("kind", "season_class", "row")
    for row in rows:
        group = row.season_class.name.lower() if row.season_class else None
        dropped = [bool(each.get("dropped")) for each in row.rounds]
        line = (row.name, row.place, Fraction(row.points), Fraction(row.points_driven), row.gained, dropped)
        found.setdefault((row.kind, group), []).append(line)
        assert row.points == sum(
            (
                Fraction(0 if each.get("dropped") else each["points"] or 0) + Fraction(each.get("given", 0))
                for each in row.rounds
            ),
            Fraction(0),
        )
        assert (row.rounds[-1]["total"], row.rounds[-1]["place"]) == (str(row.points), row.place)
    return found


@pytest.mark.soak
@pytest.mark.django_db
@settings(max_examples=times(25, soak=1500))
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_standings_are_those_of_the_oracle(seed: int) -> None:
    said = made_up(seed)
    with transaction.atomic():
        season = store(said, League.objects.create(name="Sunday Cup", slug="sunday-cup"))
        renew(season.pk)
        assert stored(season) == oracle.standings(said)
        transaction.set_rollback(True)
