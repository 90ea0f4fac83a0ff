"""What counts as a start, a win and a podium, overall and in class; the same when it is added and counted anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from simlane.results.importer import Importer
from simlane.sim.career.statistics import COUNTED, recount
from simlane.sim.integrity import findings
from simlane.sim.models import Entry, EntryDriver, Session, SimProfile
from simlane.users.models import User
from simlane.users.personal_data import everything_about
from tests.results.builders import (
    BOB,
    acc_document,
    acc_driver,
    acc_lap,
    acc_line,
    iracing_document,
    iracing_result,
    iracing_session,
)

pytestmark = pytest.mark.django_db


def figures(folder: Path, document: dict[str, Any], name: str = "260301_203000_R.json") -> dict[str, tuple[int, ...]]:
    """Everybody's figures after an import, in the order of COUNTED; counted anew they are the same."""
    (folder / name).write_text(json.dumps(document))
    assert not Importer().run([folder / name]).refused
    added = {row[0]: row[1:] for row in SimProfile.objects.values_list("profile_identifier", *COUNTED)}
    assert [finding.check for finding in findings() if finding.count] == []
    recount(list(SimProfile.objects.values_list("pk", flat=True)))
    assert {row[0]: row[1:] for row in SimProfile.objects.values_list("profile_identifier", *COUNTED)} == added
    return added


def race(*results: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return iracing_document(iracing_session(0, *results), **changes)


def test_a_win_in_class_and_one_overall_are_two_figures(tmp_path: Path) -> None:
    document = race(
        iracing_result(1, 0, finish_position_in_class=0),
        iracing_result(2, 1, finish_position_in_class=1),
        iracing_result(3, 2, finish_position_in_class=2),
        iracing_result(4, 3, finish_position_in_class=0),
        iracing_result(5, 4, finish_position_in_class=3),
    )
    assert figures(tmp_path, document) == {
        "1": (1, 1, 1, 1, 1),
        "2": (1, 0, 1, 0, 1),
        "3": (1, 0, 1, 0, 1),
        "4": (1, 0, 0, 1, 1),
        "5": (1, 0, 0, 0, 0),
    }


def test_a_race_without_classes_is_one_class(tmp_path: Path) -> None:
    results = [iracing_result(each, each - 1, finish_position_in_class=-1) for each in (1, 2)]
    assert figures(tmp_path, race(*results)) == {"1": (1, 1, 1, 1, 1), "2": (1, 0, 1, 0, 1)}


def test_a_disqualified_winner_has_started_and_won_nothing(tmp_path: Path) -> None:
    found = figures(tmp_path, race(iracing_result(1, reason_out="DQ/Scoring Invalidated"), iracing_result(2, 1)))
    assert found == {"1": (1, 0, 0, 0, 0), "2": (1, 0, 1, 0, 1)}


def test_a_heat_is_no_win_and_a_feature_is(tmp_path: Path) -> None:
    heat = iracing_session(-2, iracing_result(1), iracing_result(2, 1), simsession_name="HEAT 1")
    feature = iracing_session(0, iracing_result(2), iracing_result(1, 1), simsession_name="FEATURE")
    assert figures(tmp_path, iracing_document(heat, feature, heat_info_id=141997)) == {
        "1": (2, 0, 1, 0, 1),
        "2": (2, 1, 1, 1, 1),
    }
    assert list(Session.objects.order_by("number").values_list("stage", flat=True)) == ["heat", "feature"]


def test_a_driver_on_two_lines_has_one_start_and_one_win(tmp_path: Path) -> None:
    lines = [
        acc_line(),
        acc_line(1002, acc_driver("Bob", "Birch", BOB), totalTime=190_000),
        acc_line(1003, acc_driver(), lapCount=1),
    ]
    found = figures(tmp_path, acc_document(sessionResult={"leaderBoardLines": lines}, laps=[]))
    assert found["76561190000000001"] == (1, 1, 1, 1, 1)
    assert EntryDriver.objects.filter(profile__profile_identifier="76561190000000001").count() == 2


def test_a_driver_twice_in_one_crew_has_one_start(tmp_path: Path) -> None:
    document = acc_document(sessionResult={"leaderBoardLines": [acc_line(1001, acc_driver(), acc_driver())]}, laps=[])
    assert figures(tmp_path, document) == {"76561190000000001": (1, 1, 1, 1, 1)}


CREW = acc_line(1001, acc_driver(), acc_driver("Bob", "Birch", BOB))


@pytest.mark.parametrize(
    ("laps", "bob"),
    [
        ([acc_lap(), acc_lap()], (0, 0, 0, 0, 0)),
        ([acc_lap(), acc_lap(seat=1)], (1, 1, 1, 1, 1)),
        ([], (1, 1, 1, 1, 1)),
        ([acc_lap()], (1, 1, 1, 1, 1)),
    ],
)
def test_who_did_not_drive_did_not_start_where_laps_are_known(
    tmp_path: Path, laps: list[dict[str, Any]], bob: tuple[int, ...]
) -> None:
    found = figures(tmp_path, acc_document(sessionResult={"leaderBoardLines": [CREW]}, laps=laps))
    assert (found["76561190000000001"], found["76561190000000002"]) == ((1, 1, 1, 1, 1), bob)


def test_a_team_mate_without_a_lap_on_iracing_did_not_start(tmp_path: Path) -> None:
    team = iracing_result(
        -5, team_id=-5, driver_results=[iracing_result(1, laps_complete=10), iracing_result(2, laps_complete=0)]
    )
    assert figures(tmp_path, race(team)) == {"1": (1, 1, 1, 1, 1), "2": (0, 0, 0, 0, 0)}


def test_a_car_that_did_not_start_has_not_by_being_disqualified(tmp_path: Path) -> None:
    lines = [acc_line(), acc_line(1002, acc_driver("Bob", "Birch", BOB), lapCount=0, totalTime=0)]
    document = acc_document(
        sessionResult={"leaderBoardLines": lines},
        laps=[acc_lap(), acc_lap()],
        penalties=[{"carId": 1002, "penalty": "Disqualified", "reason": "Trolling"}],
    )
    assert figures(tmp_path, document)["76561190000000002"] == (0, 0, 0, 0, 0)
    assert Entry.objects.get(car_number="2").status == "dsq"


@pytest.mark.parametrize("laps", [{"laps_complete": 0}, {"laps_complete": None}])
def test_nobody_of_a_crew_that_left_on_the_first_lap_is_known_to_have_driven(
    tmp_path: Path, laps: dict[str, Any]
) -> None:
    crew = [iracing_result(1, **laps), iracing_result(2, **laps)]
    team = iracing_result(-5, 1, team_id=-5, driver_results=crew, laps_complete=0, reason_out="Disconnected")
    assert figures(tmp_path, race(iracing_result(3), team)) == {
        "1": (0, 0, 0, 0, 0),
        "2": (0, 0, 0, 0, 0),
        "3": (1, 1, 1, 1, 1),
    }


def test_whoever_was_alone_in_such_a_car_has_started(tmp_path: Path) -> None:
    crew = [iracing_result(1, laps_complete=0)]
    team = iracing_result(-5, 1, team_id=-5, driver_results=crew, laps_complete=0, reason_out="Disconnected")
    assert figures(tmp_path, race(iracing_result(3), team))["1"] == (1, 0, 1, 0, 1)


def test_who_stopped_on_the_first_lap_has_started(tmp_path: Path) -> None:
    results = [iracing_result(1), iracing_result(2, 1, laps_complete=0, reason_out="Disconnected")]
    assert figures(tmp_path, race(*results))["2"] == (1, 0, 1, 0, 1)


def test_a_page_a_list_and_the_personal_data_say_both(tmp_path: Path, client: Client, owner: User) -> None:
    figures(tmp_path, race(iracing_result(1), iracing_result(4, 3, finish_position_in_class=0)))
    profile = SimProfile.objects.get(profile_identifier="4")
    profile.link_to_user(owner, verified=True)
    page = " ".join(client.get(profile.get_absolute_url()).content.decode().split())
    assert "<dt>Wins</dt><dd>0</dd>" in page
    assert "<dt>Wins in class</dt><dd>1</dd>" in page
    assert "<dt>Podiums in class</dt><dd>1</dd>" in page
    assert "<b>1</b> in class" in client.get("/profiles/").content.decode()
    (said,) = everything_about(owner)["profiles"]
    assert (said["wins"], said["podiums"], said["wins_in_class"], said["podiums_in_class"]) == (0, 0, 1, 1)


def test_heats_are_no_finishes_on_the_page(tmp_path: Path, client: Client) -> None:
    heat = iracing_session(-2, iracing_result(1), simsession_name="HEAT 1")
    feature = iracing_session(0, iracing_result(2), iracing_result(1, 1), simsession_name="FEATURE")
    figures(tmp_path, iracing_document(heat, feature))
    page = client.get(SimProfile.objects.get(profile_identifier="1").get_absolute_url()).content.decode()
    assert "<dt>Best finish</dt><dd>2nd</dd>" in page
    assert "Heat 1" in page
