"""What a driver's year adds up to; the same when it is added, counted anew, and filled by the migration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from simlane.results.importer import Importer
from simlane.sim.career.statistics import YEARLY, recount
from simlane.sim.integrity import findings
from simlane.sim.legacy import career_years
from simlane.sim.models import CareerYear, EntryDriver, SimProfile
from tests.results.builders import acc_document, acc_driver, acc_line, iracing_document, iracing_result, iracing_session

pytestmark = pytest.mark.django_db


def bring(folder: Path, *sessions: dict[str, Any], number: int = 70000001, **changes: Any) -> None:
    path = folder / f"{number}.json"
    path.write_text(json.dumps(iracing_document(*sessions, subsession_id=number, **changes)))
    assert not Importer().run([path]).refused


def stored() -> list[tuple[Any, ...]]:
    fields = ("profile__profile_identifier", "year", *YEARLY, "best")
    return list(CareerYear.objects.order_by("profile__profile_identifier", "year").values_list(*fields))


def year_of(identifier: str) -> CareerYear:
    """The driver's only year, after every way to count it has said the same."""
    added = stored()
    assert [finding.check for finding in findings() if finding.count] == []
    recount(list(SimProfile.objects.values_list("pk", flat=True)))
    assert stored() == added
    CareerYear.objects.all().delete()
    career_years.count(connection)
    assert stored() == added
    return CareerYear.objects.get(profile__profile_identifier=identifier)


def test_a_race_adds_places_laps_and_what_was_won(tmp_path: Path) -> None:
    results = [
        iracing_result(1, 1, starting_position=0, laps_lead=4, laps_complete=20, best_lap_time=900_000, incidents=6),
        iracing_result(2, 0, starting_position=5, laps_lead=16, laps_complete=20, best_lap_time=910_000),
        iracing_result(3, 2, starting_position=1, reason_out="Disconnected", laps_complete=10, best_lap_time=920_000),
    ]
    bring(tmp_path, iracing_session(0, *results))
    one = year_of("1")
    assert (one.starts, one.finishes, one.wins, one.podiums) == (1, 1, 0, 1)
    assert (one.poles, one.fastest_laps, one.laps, one.laps_led) == (1, 1, 20, 4)
    assert (one.gridded, one.gained, one.placed, one.places, one.best) == (1, -1, 1, 2, 2)
    assert one.incidents == 6
    assert one.incident_ms > 0
    other = CareerYear.objects.get(profile__profile_identifier="2")
    assert (other.poles, other.fastest_laps, other.laps_led, other.gained) == (0, 0, 16, 5)
    out = CareerYear.objects.get(profile__profile_identifier="3")
    assert (out.starts, out.finishes, out.laps) == (1, 0, 10)


def test_a_disqualified_car_neither_has_the_fastest_lap_nor_keeps_it_from_others(tmp_path: Path) -> None:
    results = [
        iracing_result(1, 0, best_lap_time=800_000, starting_position=0, reason_out="Disqualified"),
        iracing_result(2, 1, best_lap_time=900_000, starting_position=1),
    ]
    bring(tmp_path, iracing_session(0, *results))
    assert year_of("2").fastest_laps == 1
    out = CareerYear.objects.get(profile__profile_identifier="1")
    assert (out.starts, out.fastest_laps, out.placed, out.gridded, out.best) == (1, 0, 0, 0, None)


def test_a_heat_is_a_start_without_a_place(tmp_path: Path) -> None:
    bring(tmp_path, iracing_session(0, iracing_result(1, starting_position=0), simsession_name="HEAT 1"))
    heat = year_of("1")
    assert (heat.starts, heat.finishes, heat.placed, heat.poles, heat.fastest_laps) == (1, 1, 0, 0, 0)


def test_a_crew_shares_places_and_each_has_their_own_laps_and_incidents(tmp_path: Path) -> None:
    crew = [iracing_result(1, laps_complete=15, incidents=4), iracing_result(2, laps_complete=5, incidents=1)]
    team = iracing_result(-5, 0, team_id=-5, driver_results=crew, laps_complete=20, starting_position=2, laps_lead=7)
    bring(tmp_path, iracing_session(0, team, iracing_result(3, 1)))
    one = year_of("1")
    other = CareerYear.objects.get(profile__profile_identifier="2")
    assert (one.laps, other.laps, one.laps_led, other.laps_led) == (15, 5, 7, 7)
    assert (one.gained, other.gained, one.wins, other.wins) == (2, 2, 1, 1)
    assert (one.incidents, other.incidents) == (4, 1)
    assert abs(one.incident_ms - 3 * other.incident_ms) <= 3


def test_years_are_those_of_utc_and_a_year_of_practice_is_none(tmp_path: Path) -> None:
    race = iracing_session(0, iracing_result(1))
    bring(tmp_path, race, start_time="2025-12-31T23:59:00Z")
    bring(tmp_path, race, number=70000002, start_time="2026-01-01T00:01:00Z")
    bring(
        tmp_path, iracing_session(-2, iracing_result(1), simsession_type=3), number=3, start_time="2024-05-01T12:00:00Z"
    )
    recount(list(SimProfile.objects.values_list("pk", flat=True)))
    years = [row[1] for row in stored()]
    assert years == sorted(
        {drive.raced_at.year for drive in EntryDriver.objects.exclude(entry__session__kind="practice")}
    )
    assert len(years) == 2


def test_who_drives_on_two_lines_has_one_start_with_the_better(tmp_path: Path) -> None:
    lines = [acc_line(), acc_line(1003, acc_driver(), lapCount=1)]
    (tmp_path / "260301_203000_R.json").write_text(
        json.dumps(acc_document(sessionResult={"leaderBoardLines": lines}, laps=[]))
    )
    assert not Importer().run([tmp_path]).refused
    only = year_of("76561190000000001")
    assert (only.starts, only.placed, only.places, only.best) == (1, 1, 1, 1)


def test_years_add_up_to_a_career() -> None:
    years = [
        CareerYear(**dict.fromkeys(YEARLY, 2) | {"year": 2025, "best": None, "incident_ms": 1_800_000}),
        CareerYear(**dict.fromkeys(YEARLY, 2) | {"year": 2026, "best": 3, "incident_ms": 1_800_000}),
    ]
    career = CareerYear.added(years)
    assert (career.starts, career.gained, career.best, career.incidents_per_hour) == (4, 4, 3, 4)
    assert (career.win_rate, career.finish_rate, career.average_place) == (100, 100, 1)
    nothing = CareerYear.added([])
    assert (nothing.starts, nothing.best, nothing.win_rate, nothing.average_place) == (0, None, None, None)
    assert nothing.incidents_per_hour is None


def test_a_wrong_year_is_found(tmp_path: Path) -> None:
    bring(tmp_path, iracing_session(0, iracing_result(1)))
    CareerYear.objects.update(laps=999)
    (found,) = [finding for finding in findings() if finding.count]
    assert (found.check, found.count) == ("figures", 1)
