"""The races that a page lists and draws are those that count: one a session, and driven."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from simlane.results.importer import Importer
from simlane.sim.career import races
from simlane.sim.models import EntryDriver, SimProfile
from tests.results.builders import iracing_document, iracing_result, iracing_session

pytestmark = pytest.mark.django_db


def bring(folder: Path, *sessions: dict[str, Any], number: int = 70000001) -> None:
    path = folder / f"{number}.json"
    path.write_text(json.dumps(iracing_document(*sessions, subsession_id=number)))
    assert not Importer().run([path]).refused


def page_of(identifier: str) -> str:
    profile = SimProfile.objects.get(profile_identifier=identifier)
    return " ".join(Client().get(profile.get_absolute_url()).content.decode().split())


def driven(identifier: str) -> tuple[list[int | None], list[int | None]]:
    """The positions of the driver's starts and of their finishes."""
    drives = EntryDriver.objects.filter(profile__profile_identifier=identifier).order_by("pk")
    return tuple(  # type: ignore[return-value]
        list(rule(drives).values_list("entry__position", flat=True)) for rule in (races.started, races.finished)
    )


def team(position: int, *members: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return iracing_result(-5 - position, position, team_id=-5 - position, driver_results=list(members), **changes)


@pytest.mark.parametrize(
    ("results", "started", "finished"),
    [
        ([iracing_result(1, 3)], [4], [4]),
        ([iracing_result(1, 3, reason_out="Disconnected")], [4], [4]),
        ([iracing_result(1, 3, reason_out="Did not start", laps_complete=0)], [], []),
        ([iracing_result(1, reason_out="Disqualified")], [1], []),
        ([iracing_result(1, finish_position=-1)], [None], []),
        ([team(0, iracing_result(2), iracing_result(1, laps_complete=0))], [], []),
        ([team(0, iracing_result(2), iracing_result(1))], [1], [1]),
        ([iracing_result(1, 2), iracing_result(1, 5)], [3], [3]),
        ([iracing_result(1, 0, reason_out="Disqualified"), iracing_result(1, 5)], [6], [6]),
        ([iracing_result(1, 0, reason_out="Did not start"), iracing_result(1, 5)], [6], [6]),
        ([team(0, iracing_result(1, laps_complete=0), iracing_result(2)), iracing_result(1, 5)], [6], [6]),
        ([team(0, iracing_result(1), iracing_result(1))], [1], [1]),
    ],
)
def test_a_race_is_one_that_was_driven(
    tmp_path: Path, results: list[dict[str, Any]], started: list[int | None], finished: list[int | None]
) -> None:
    bring(tmp_path, iracing_session(0, *results), iracing_session(-1, iracing_result(1), simsession_type=5))
    assert driven("1") == (started, finished)
    profile = SimProfile.objects.get(profile_identifier="1")
    assert len(Client().get(profile.get_absolute_url()).context["form"]) == len(started)  # type: ignore[attr-defined]


def test_a_heat_is_a_start_and_no_finish(tmp_path: Path) -> None:
    bring(tmp_path, iracing_session(0, iracing_result(1), simsession_name="HEAT 1"))
    assert driven("1") == ([1], [])


def test_a_disqualified_winner_has_no_finish_on_the_page(tmp_path: Path) -> None:
    bring(tmp_path, iracing_session(0, iracing_result(1, reason_out="Disqualified"), iracing_result(2, 1)))
    page = page_of("1")
    assert "<dt>Best finish</dt><dd>–</dd>" in page
    assert '<span class="pos pos-0">–</span>' in page
    assert "Disqualified" in page
    assert "<dt>Best finish</dt><dd>2nd</dd>" in page_of("2")


def test_pages_and_career_statistics_count_the_same(tmp_path: Path) -> None:
    kinds = itertools.product(
        ["Running", "Disconnected", "Disqualified", "Did not start"], [0, 5, None], [0, 5, None], [(1,), (1, 2), (1, 1)]
    )
    for number, (reason, laps, own, crew) in enumerate(kinds, 1):
        members = [iracing_result(each, laps_complete=own) for each in crew]
        car = {"reason_out": reason, "laps_complete": laps}
        other = iracing_result(1, 1, reason_out=reason, laps_complete=own)
        sessions = [iracing_session(0, team(0, *members, **car), *([other] if number % 2 else []))]
        bring(tmp_path, *sessions, number=number)
    for profile in SimProfile.objects.all():
        drives = EntryDriver.objects.filter(profile=profile)
        finishes = races.finished(drives)
        assert races.started(drives).count() == profile.starts
        assert finishes.filter(entry__position=1).count() == profile.wins
        assert finishes.filter(entry__position__lte=3).count() == profile.podiums
