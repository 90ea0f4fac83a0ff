"""`manage.py evaluate_ratings`: its table, its JSON, and what it says of a file it cannot use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.ratings.made import HEADER, season_csv


@pytest.fixture
def season(tmp_path: Path) -> Path:
    file = tmp_path / "season.csv"
    file.write_text("\n".join(season_csv()), encoding="utf-8-sig")
    return file


def test_the_json_is_a_list_with_one_object_a_system(season: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("evaluate_ratings", str(season), "--json")
    found = json.loads(capsys.readouterr().out)
    assert len(found) >= 3
    for each in found:
        assert set(each) == {"system", "accuracy", "log_loss", "pairs", "chosen"}
        assert isinstance(each["system"], str)
        assert 0 <= each["accuracy"] <= 1
        assert each["log_loss"] > 0
        assert type(each["pairs"]) is int
    assert [each["chosen"] for each in found].count(True) == 1


def test_the_table_names_the_systems_and_the_finish_rate(season: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("evaluate_ratings", str(season))
    table = capsys.readouterr().out
    assert "40 races, 6 drivers; 8" in table
    assert table.count("chosen") == 1
    for name in ("average finish with decay", "Elo", "all-pairs Glicko"):
        assert name in table


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"{HEADER}\n1,2020,x,1,ann\n".encode(), "line 2: position 'x'"),
        (f"{HEADER}\n1,2020,1,1,ann\n".encode(), "nothing to predict"),
        (f"{HEADER}\n1,2020,1,1,\xff\n".encode("latin-1"), "not UTF-8"),
        (b"", "line 1: the header lacks"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    with pytest.raises(CommandError) as refusal:
        call_command("evaluate_ratings", str(file))
    assert message in str(refusal.value)
    assert refusal.value.returncode == 1


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.csv: cannot be read"):
        call_command("evaluate_ratings", str(tmp_path / "none.csv"))
