"""Standings of a running game beside rFactor 2's and Le Mans Ultimate's result files give their drivers ids."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from simlane.results import files, keeping
from simlane.results.importer import Importer
from simlane.results.models import ResultFile
from simlane.results.parsed import ParsedEvent
from simlane.results.readers import read
from simlane.results.report import Report
from simlane.results.source import CompanionFileError, Source
from simlane.sim.models import EntryDriver, SimProfile
from tests.results.rfactor_files import document, driver, element, lap, session

#: Below the first SteamID64 that Steam ever gave to a person.
ALICE, BOB, ZOE = 76561190000000001, 76561190000000002, 76561190000000003
NAME = "standings-1.json"


def standings(*drivers: tuple[str, object]) -> str:
    rows: list[dict[str, Any]] = [
        {"driverName": name, "steamID": steam, "carNumber": "", "slotID": place}
        for place, (name, steam) in enumerate(drivers)
    ]
    return json.dumps(rows)


FOUR = standings(("Alice", ALICE), ("Bob & Co -- <3", BOB), ("Zoë", ZOE), ("Bot", 0))


def race(*names: str, **head: object) -> str:
    cars = [driver(name, place) for place, name in enumerate(names or ("Alice", "Bob & Co -- <3", "Zoë", "Eve"), 1)]
    return document(session(*cars), **{"GameVersion": "1.4200"} | head)


def write(folder: Path, xml: str | bytes, *snapshots: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "a.xml").write_bytes(xml.encode() if isinstance(xml, str) else xml)
    for number, snapshot in enumerate(snapshots, 1):
        (folder / f"standings-{number}.json").write_text(snapshot)
    return folder


def event_of(path: Path) -> ParsedEvent:
    [candidate] = [each for each in files.find([path], lambda label, error: None) if each.label.endswith(".xml")]
    _, [event] = read(candidate.source())
    return event


def ids(event: ParsedEvent) -> dict[str, str | None]:
    return {each.name: each.identifier for s in event.sessions for entry in s.entries for each in entry.drivers}


WHOLE = {"Alice": str(ALICE), "Bob & Co -- <3": str(BOB), "Zoë": str(ZOE), "Eve": None}


@pytest.mark.parametrize("named", ["the folder", "the file"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_standings_in_the_folder_give_ids(tmp_path: Path, named: str, encoding: str) -> None:
    folder = write(tmp_path, race().encode(encoding), FOUR)
    event = event_of(folder if named == "the folder" else folder / "a.xml")
    assert ids(event) == WHOLE
    assert event.notes[-1] == "Drivers told by their ids in standings that lay beside it: 3."


def test_standings_beside_it_in_an_archive_give_ids(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("monday/a.xml", race())
        archive.writestr(f"monday/{NAME}", FOUR)
        archive.writestr("tuesday/b.xml", race(TrackVenue="Monza"))
    found = [each.source() for each in files.find([tmp_path], lambda *_: None) if each.label.endswith(".xml")]
    events = [read(source)[1][0] for source in found]
    assert [sum(each is not None for each in ids(event).values()) for event in events] == [3, 0]


def test_rfactor_2_has_the_same_program_and_the_others_none(tmp_path: Path) -> None:
    assert ids(event_of(write(tmp_path / "1", race(GameVersion="1.1115"), FOUR))) == WHOLE
    old = {"GameVersion": "2.000", "Mod": "reiza06.srs"}
    assert set(ids(event_of(write(tmp_path / "2", race(**old), FOUR))).values()) == {None}


def test_several_snapshots_are_put_together(tmp_path: Path) -> None:
    early, late = standings(("Alice", ALICE), ("Bob", 0)), standings(("Bob", BOB), ("Alice", 0))
    assert ids(event_of(write(tmp_path, race("Alice", "Bob"), early, late))) == {"Alice": str(ALICE), "Bob": str(BOB)}


@pytest.mark.parametrize(
    "snapshots",
    [
        # Two people of one name, at once or one after the other.
        [standings(("Alice", ALICE), ("Alice", BOB), ("Bob", ZOE))],
        [standings(("Alice", ALICE), ("Bob", ZOE)), standings(("Alice", BOB), ("Bob", ZOE))],
    ],
)
def test_a_name_of_two_people_stays_a_name(tmp_path: Path, snapshots: list[str]) -> None:
    assert ids(event_of(write(tmp_path, race("Alice", "Bob"), *snapshots))) == {"Alice": None, "Bob": str(ZOE)}


def test_two_cars_of_one_name_stay_names(tmp_path: Path) -> None:
    event = event_of(write(tmp_path, race("Alice", "Alice", "Bob"), standings(("Alice", ALICE), ("Bob", BOB))))
    assert [entry.drivers[0].identifier for entry in event.sessions[0].entries] == [None, None, str(BOB)]


def test_who_the_computer_drove_stays_a_name(tmp_path: Path) -> None:
    bot = driver("Alice", 1, element("ControlAndAids", "AIControl", startLap=1, endLap=2), lap(1))
    xml = document(session(bot, driver("Bob", 2)), GameVersion="1.4200")
    event = event_of(write(tmp_path, xml, standings(("Alice", ALICE), ("Bob", BOB))))
    assert ids(event) == {"Alice": None, "Bob": str(BOB)}


def test_a_crew_is_known_too(tmp_path: Path) -> None:
    swaps = element("Swap", "Bob", startLap=1, endLap=1) + element("Swap", "Alice", startLap=2, endLap=2)
    xml = document(session(driver("Alice", 1, swaps, lap(1), lap(2))), GameVersion="1.4200")
    event = event_of(write(tmp_path, xml, standings(("Alice", ALICE)), standings(("Bob", BOB))))
    assert ids(event) == {"Bob": str(BOB), "Alice": str(ALICE)}


@pytest.mark.parametrize(
    "other",
    [
        standings(("Xia", 76561190000000007), ("Yan", 76561190000000008), ("Alice", ALICE)),
        standings(("Alice", 0), ("Bob", 12), ("Eve", "x"), ("Zoë", None)),
        "[]",
        "{",
        "[" * 100_000,
        json.dumps([{"driverName": ["Alice"], "steamID": [1]}]),
        json.dumps({"driverName": "Alice", "steamID": ALICE}),
        " " * (files.MAX_STANDINGS_BYTES + 1) + FOUR,
    ],
)
def test_standings_of_others_or_without_ids_change_nothing(tmp_path: Path, other: str) -> None:
    folder = write(tmp_path, race("Alice", "Bob"), other)
    [source] = [e.source() for e in files.find([folder], lambda *_: None) if e.label.endswith(".xml")]
    assert source.data == (folder / "a.xml").read_bytes()


def test_another_file_stays_as_it_is(tmp_path: Path) -> None:
    folder = write(tmp_path, "<Results>Alice Bob Zoë</Results>", FOUR)
    [source] = [e.source() for e in files.find([folder], lambda *_: None) if e.label.endswith(".xml")]
    assert source.data == (folder / "a.xml").read_bytes()


@pytest.mark.parametrize(
    "comment",
    ['{"Alice": ' + "[" * 100_000 + "}", "{}", '{"Alice": 12, "Bob": null}', "{x}", '{"Alice": "1"} --> <!-- x'],
)
def test_a_comment_that_says_no_ids_gives_none(comment: str) -> None:
    xml = race("Alice", "Bob") + f"<!-- standings beside it: {comment} -->\n"
    _, [event] = read(Source("a.xml", xml.encode()))
    assert ids(event) == {"Alice": None, "Bob": None}


@pytest.mark.parametrize("name", [NAME, "x.json"])
def test_standings_are_passed_over_as_no_result(name: str) -> None:
    with pytest.raises(CompanionFileError, match="standings of a running game"):
        read(Source(name, FOUR.encode()))
    info = {"gamePhase": 9, "playerFileName": "Settings", "trackName": "Sebring"}
    with pytest.raises(CompanionFileError, match="what a running game says of its session"):
        read(Source("sessionInfo.json", json.dumps(info).encode()))


# Coming in


def run(path: Path, **options: Any) -> Report:
    return Importer(**options).run([path])


@pytest.mark.django_db
def test_a_race_with_standings_makes_profiles_and_names_them_in_the_report(tmp_path: Path) -> None:
    report = run(write(tmp_path, race(), FOUR))
    assert (report.imported, report.refused) == (1, [])
    assert [label.endswith(NAME) for label, _ in report.skipped] == [True]
    assert set(SimProfile.objects.values_list("profile_identifier", "profile_name")) == {
        (str(ALICE), "Alice"),
        (str(BOB), "Bob & Co -- <3"),
        (str(ZOE), "Zoë"),
    }
    assert run(tmp_path).unchanged == 1


@pytest.mark.django_db
def test_standings_that_come_later_replace_the_names(tmp_path: Path) -> None:
    run(write(tmp_path, race()))
    assert not SimProfile.objects.exists()
    write(tmp_path, race(), FOUR)
    assert "--replace" in str(run(tmp_path).refused[0][1])
    assert run(tmp_path, replace=True).imported == 1
    assert EntryDriver.objects.filter(profile__isnull=False).count() == 3


@pytest.mark.django_db
def test_what_is_kept_says_the_ids_by_itself(tmp_path: Path) -> None:
    run(write(tmp_path, race(), FOUR))
    kept = keeping.read(ResultFile.objects.get().kept)
    _, [event] = read(Source("a.xml", kept))
    assert ids(event) == WHOLE
