"""Names as anybody is shown them: no code, no driver made of one, and a real name before none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from simlane.results.importer import Importer
from simlane.sim.integrity import findings
from simlane.sim.models import Event, SimProfile
from simlane.sim.ownership.code_text import new_code
from tests.results.builders import acc_document, acc_driver, acc_line, iracing_document, iracing_result, iracing_session

pytestmark = pytest.mark.django_db


def bring(folder: Path, name: str, driver: dict[str, Any], **car: Any) -> str:
    """The page of the event that a driver's race is."""
    line = acc_line(1001, driver)
    line["car"] |= car
    (folder / name).write_text(json.dumps(acc_document(sessionResult={"leaderBoardLines": [line]}, laps=[])))
    assert not Importer().run([folder / name]).refused
    return Client().get(Event.objects.latest("pk").get_absolute_url()).content.decode()


def test_a_code_is_in_no_name_that_is_shown(tmp_path: Path) -> None:
    first, second = new_code(), new_code()
    page = bring(
        tmp_path, "260301_200000_R.json", acc_driver("Alice", f"[{first}]"), teamName=f"Amber {second.lower()}"
    )
    assert first not in page
    assert second.lower() not in page
    assert "Alice" in page
    assert "Amber" in page
    profile = SimProfile.objects.get()
    assert profile.profile_name == "Alice"
    assert first not in Client().get(profile.get_absolute_url()).content.decode()


def test_a_name_that_is_only_a_code_says_nothing_of_a_known_driver(tmp_path: Path) -> None:
    code = new_code()
    bring(tmp_path, "260301_200000_R.json", acc_driver())
    page = bring(tmp_path, "260401_200000_R.json", acc_driver("", code))
    assert code not in page
    assert "Unknown driver" in page
    profile = SimProfile.objects.get()
    assert (profile.profile_name, profile.starts) == ("Alice Amber", 2)
    assert [name.name for name in profile.names.all()] == ["Alice Amber"]


@pytest.mark.parametrize("last", [new_code(), ""], ids=["a code", "nothing"])
def test_a_driver_without_a_name_has_none_until_a_file_gives_one(tmp_path: Path, last: str) -> None:
    nameless = acc_driver("", last) | {"shortName": ""}
    bring(tmp_path, "260401_200000_R.json", nameless)
    profile = SimProfile.objects.get()
    assert (profile.profile_name, profile.public_name) == ("", "Unknown driver")
    assert '<h1 class="break-words">Unknown driver</h1>' in Client().get(profile.get_absolute_url()).content.decode()
    assert not [each.check for each in findings() if each.count]
    bring(tmp_path, "260301_200000_R.json", acc_driver())
    profile = SimProfile.objects.get()
    assert profile.profile_name == "Alice Amber"
    assert "Raced as" not in Client().get(profile.get_absolute_url()).content.decode()


def test_a_team_without_a_crew_has_its_line(tmp_path: Path, client: Client) -> None:
    team = iracing_result(-5, 1, team_id=-5, display_name="Team Teal", reason_out="DQ/Scoring Invalidated")
    document = iracing_document(iracing_session(0, iracing_result(), team, simsession_type=5))
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert not Importer().run([tmp_path / "a.json"]).refused
    page = client.get(Event.objects.get().get_absolute_url()).content.decode()
    assert page.count("Team Teal") == 1
    assert "Disqualified" in page
    assert SimProfile.objects.count() == 1
