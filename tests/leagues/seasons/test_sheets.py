"""Entry lists and calendars as tables: in and out again, and every refusal changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from simlane.leagues.models import Round, Season, SeasonEntry
from simlane.leagues.seasons import calendar, entry_list, sheets
from simlane.results.importer import Importer
from simlane.sim.errors import Refused
from simlane.sim.models import League, Track
from tests.leagues.seasons.test_following import MARCH, A, B, plan, shown
from tests.results.builders import acc_document, acc_driver, acc_line
from tests.results.standing import bring
from tests.results.test_versions import race

pytestmark = pytest.mark.django_db

LIST = """\
Number;Driver;Driver id;Team;Class;Phone
7;Alice Amber;S76561190000000001;Amber Racing;Pro;555
7;Bob Birch;;AMBER racing;Pro;
=1+1;=cmd|' /C calc'!A0;;;Am;
"""


def entries(season: Season) -> list[tuple[Any, ...]]:
    rows = SeasonEntry.objects.filter(season=season).order_by("pk")
    return list(rows.values_list("number", "driver_name", "identifier", "team__name", "season_class__name"))


def test_an_entry_list_comes_in_goes_out_and_comes_in_again(spring: Season) -> None:
    assert entry_list.take(spring, LIST.encode()) == 3
    first = entries(spring)
    assert first == [
        ("7", "Alice Amber", "76561190000000001", "Amber Racing", "Pro"),
        ("7", "Bob Birch", "", "Amber Racing", "Pro"),
        ("=1+1", "=cmd|' /C calc'!A0", "", None, "Am"),
    ]
    assert spring.due.count() == 1
    out = entry_list.written(spring)
    # No spreadsheet computes what somebody called themselves.
    assert "'=cmd" in out
    assert "'=1+1" in out
    entry_list.take(spring, out.encode("utf-8-sig"))
    assert sorted(entries(spring), key=str) == sorted(first, key=str)
    # The list is what the table says: who is not in it is not entered, and a team of nobody goes.
    entry_list.take(spring, "driver\nBob Birch\n".encode("utf-16"))
    assert entries(spring) == [("", "Bob Birch", "", None, None)]
    assert not spring.teams.exists()
    assert [each.name for each in spring.classes.all()] == ["Pro", "Am"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "no column “driver”"),
        ("number,name\n1,Alice", "no column “driver”"),
        ("driver,team,Team\nAlice,a,b", "column “team” twice"),
        ("driver\nAlice,1", "more cells than the 1 headings (at line 2)"),
        ("driver,number\nAlice,1\n,2", "The cell is empty (at line 3, column “driver”)"),
        ("driver,driver_id\nAlice,12", "(at line 2, column “driver_id”)"),
        ("driver,driver_id\nAlice,7.6561E+16", "spreadsheet makes of a long number"),
        (f"driver,team\nAlice,{'a' * 101}", "more than 100 letters (at line 2, column “team”)"),
        ("driver\nAlice\n\nÁLICE", "ÁLICE stands in line 2 already (at line 4)"),
        ("driver\n" + "Alice\n" * 2001, "more than 2,000 lines"),
        ("driver\n" + " " * sheets.MOST_BYTES, "larger than 1024 KB"),
        ('driver\n"Alice', "cannot be read"),
    ],
)
def test_a_table_that_is_no_entry_list_changes_nothing(spring: Season, table: str, message: str) -> None:
    entry_list.take(spring, LIST.encode())
    before = entries(spring)
    with pytest.raises(Refused) as refused:
        entry_list.take(spring, table.encode())
    assert message in str(refused.value)
    assert (entries(spring), spring.due.count()) == (before, 1)


def test_the_entry_list_gives_a_car_its_team_and_class_and_keeps_others_from_scoring(
    spring: Season, tmp_path: Path
) -> None:
    plan(spring, 1, 3, 1)
    entry_list.take(spring, b"driver,driver_id,number,team,class\nA,76561190000000001,99,Amber,Pro\n")
    Season.objects.update(listed_only=True, scope="class")
    bring(tmp_path, (MARCH, race(B, A)), league=spring.league)
    # Behind Bob, who is in no class.
    assert shown(spring) == ["1 Alice Amber 25"]
    assert shown(spring, "team") == ["1 Amber 25"]
    row = spring.standings.get(kind="driver")
    assert (row.number, row.team and row.team.name, row.season_class and row.season_class.name) == (
        "99",
        "Amber",
        "Pro",
    )
    assert row.rounds[0]["races"][0]["place"] == 1


def test_the_list_is_filled_with_who_has_driven(spring: Season, tmp_path: Path) -> None:
    plan(spring, 1, 3, 1)
    entry_list.take(spring, b"driver,driver_id\nAlice,76561190000000001\n")
    bring(tmp_path, (MARCH, race(A, B, ("Nora", "Name", "123"))), league=spring.league)
    shown(spring)
    assert entry_list.fill(spring) == 2
    assert [row[1:3] for row in entries(spring)] == [
        ("Alice", "76561190000000001"),
        ("Bob Birch", "76561190000000002"),
        ("Nora Name", ""),
    ]
    assert entry_list.fill(spring) == 0
    assert not spring.teams.exists()


def test_shared_cars_make_teams_and_each_who_drove_has_the_points(spring: Season, tmp_path: Path) -> None:
    plan(spring, 1, 3, 1)
    crew = acc_line(1001, acc_driver(*A), acc_driver(*B))
    crew["car"]["teamName"] = "Amber  Racing"
    alone = acc_line(1002, acc_driver("Cara", "Cyan", "S76561190000000003"), totalTime=190_000)
    alone["car"]["teamName"] = "Cara Cyan"
    bring(tmp_path, (MARCH, acc_document(sessionResult={"leaderBoardLines": [crew, alone]})), league=spring.league)
    # Of the crew Bob has no lap.
    assert shown(spring) == ["1 Alice Amber 25", "2 Cara Cyan 18"]
    assert entry_list.fill(spring) == 2
    assert shown(spring, "team") == ["1 Amber Racing 25"]
    assert [row[3:] for row in entries(spring)] == [(None, None)] * 2


CALENDAR = """\
round,name,date,track,percent,cancelled
1,Opening,2026-03-01 20:00,Brands Hatch,,
2,,05.04.2026,Monza,50,
3,Finale,2026-05-01 20:00 +02:00,,200,yes
"""


def rounds(season: Season) -> list[tuple[Any, ...]]:
    fields = ("number", "name", "starts_at", "track_name", "percent", "cancelled")
    return list(season.rounds.values_list(*fields))


def test_a_calendar_comes_in_goes_out_and_comes_in_again(spring: Season) -> None:
    League.objects.update(time_zone="Europe/Rome")
    spring.league.refresh_from_db()
    assert calendar.take(spring, CALENDAR.encode()) == 3
    first = rounds(spring)
    assert first == [
        (1, "Opening", datetime(2026, 3, 1, 19, tzinfo=UTC), "Brands Hatch", 100, False),
        (2, "", datetime(2026, 4, 4, 22, tzinfo=UTC), "Monza", 50, False),
        (3, "Finale", datetime(2026, 5, 1, 18, tzinfo=UTC), "", 200, True),
    ]
    keys = set(spring.rounds.values_list("pk", flat=True))
    track = Track.objects.create(simulator=spring.simulator, name="Monza", layout="Junior")
    spring.rounds.filter(number=2).update(track=track)
    calendar.take(spring, calendar.written(spring).encode())
    assert (rounds(spring), set(spring.rounds.values_list("pk", flat=True))) == (first, keys)
    assert spring.rounds.get(number=2).track == track
    calendar.take(spring, b"round\n2\n")
    assert rounds(spring) == [(2, "", None, "", 100, False)]
    assert spring.rounds.get().track is None


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("date\n2026-03-01", "no column “round”"),
        ("round\n0", "(at line 2, column “round”)"),
        ("round\n1\n1", "Round 1 stands in line 2 already (at line 3)"),
        ("round,date\n1,03/01/2026", "is no date"),
        ("round,percent\n1,0", "(at line 2, column “percent”)"),
        ("round,cancelled\n1,perhaps", "Write yes, or leave it empty (at line 2, column “cancelled”)"),
        ("round\n2", "Round 1 has results and is not in the table"),
    ],
)
def test_a_table_that_is_no_calendar_changes_nothing(spring: Season, table: str, message: str, tmp_path: Path) -> None:
    calendar.take(spring, CALENDAR.encode())
    bring(tmp_path, (MARCH, race(A, B)), league=spring.league)
    shown(spring)
    assert Round.objects.get(number=1).event
    before = rounds(spring)
    with pytest.raises(Refused) as refused:
        calendar.take(spring, table.encode())
    assert message in str(refused.value)
    assert (rounds(spring), spring.due.count()) == (before, 0)


def test_a_past_season_of_simlane_csv_and_a_calendar(spring: Season, tmp_path: Path) -> None:
    """Two tables and nothing else: results of the whole season, and its rounds."""
    calendar.take(spring, CALENDAR.encode())
    (tmp_path / "season.csv").write_text(
        "event,simulator,track,session,date,driver,number\n"
        "Round 1,Assetto Corsa Competizione,Brands Hatch,Race,2026-03-01 20:05,Nora Name,7\n"
        ",,,,,Max Mustermann,8\n"
        "Round 2,Assetto Corsa Competizione,Monza,Race,2026-04-05,Max Mustermann,8\n"
        ",,,,,Nora Name,7\n"
    )
    report = Importer(league=spring.league).run([tmp_path / "season.csv"])
    assert not report.refused
    assert shown(spring) == ["1 Nora Name 34", "2 Max Mustermann 30.5"]
