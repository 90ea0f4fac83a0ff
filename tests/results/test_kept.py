"""The table of docs/results.md that says what is kept of which format: made by reading a rich file of each.

SIMLANE_TEST_RENEW_KEPT=1 writes it anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simlane.results.parsed import ParsedDriver, ParsedEntry, ParsedEvent, ParsedLap, ParsedSession
from simlane.results.readers import READERS, read
from simlane.results.readers.rfactor.standings import with_ids
from simlane.results.source import Source
from tests.results import builders, rfactor_files, server_files
from tests.results.readers import test_iracing_csv, test_simlane_csv
from tests.results.test_fuzz import SAMPLES

GUIDE = Path("docs/results.md")
BEGIN, END = "<!-- kept -->\n", "<!-- end kept -->\n"

#: A field of what readers give, by its class and name, and its line in the table.
FIELDS: dict[tuple[type, str], str] = {
    (ParsedEvent, "started_at"): "when it was",
    (ParsedEvent, "layout"): "layout of the track",
    (ParsedEvent, "series"): "series",
    (ParsedEvent, "platform_id"): "the platform's number of the session",
    (ParsedEvent, "weekend"): "what joins the files of an event",
    (ParsedSession, "wet"): "wet or dry",
    (ParsedSession, "stage"): "heat or feature",
    (ParsedSession, "racing"): "road or oval",
    (ParsedEntry, "position"): "position",
    (ParsedEntry, "class_position"): "position in class",
    (ParsedEntry, "grid_position"): "grid",
    (ParsedEntry, "car_name"): "car",
    (ParsedEntry, "car_number"): "car's number",
    (ParsedEntry, "car_class"): "class",
    (ParsedEntry, "team_name"): "team",
    (ParsedEntry, "laps"): "laps",
    (ParsedEntry, "laps_led"): "laps led",
    (ParsedEntry, "best_lap_ms"): "best lap",
    (ParsedEntry, "average_lap_ms"): "average lap",
    (ParsedEntry, "total_time_ms"): "total time",
    (ParsedEntry, "gap_ms"): "gap to the winner",
    (ParsedEntry, "laps_down"): "laps down",
    (ParsedEntry, "status"): "how a race ended, if not at the flag",
    (ParsedEntry, "status_text"): "that in the file's words",
    (ParsedEntry, "incidents"): "incidents",
    (ParsedDriver, "identifier"): "driver's platform id",
    (ParsedDriver, "laps"): "driver's laps",
    (ParsedDriver, "best_lap_ms"): "driver's best lap",
    (ParsedDriver, "incidents"): "driver's incidents",
    (ParsedDriver, "rating_before"): "rating before",
    (ParsedDriver, "rating_after"): "rating after",
    (ParsedDriver, "license_before"): "licence before",
    (ParsedDriver, "license_after"): "licence after",
    (ParsedLap, "time_ms"): "each lap",
    (ParsedLap, "valid"): "laps that do not count",
    (ParsedLap, "sectors_ms"): "sectors",
    (ParsedLap, "pit"): "laps through the pits",
}
#: Of a crew: its own line.
CREW = "crew of a shared car"
#: Every format has them, or they are nothing a file says.
OTHERS: dict[type, set[str]] = {
    ParsedEvent: {"simulator", "name", "track", "sessions", "by_hand", "notes"},
    ParsedSession: {"kind", "number", "name", "entries", "started_at", "clock"},
    ParsedEntry: {"drivers", "lap_times"},
    ParsedDriver: {"name", "given_id"},
    ParsedLap: {"number", "driver"},
}


def _files(slug: str) -> Iterator[tuple[str, bytes]]:
    """Files of a format that have between them what its reader keeps."""
    yield SAMPLES[slug]
    for text in MORE.get(slug, ()):
        yield "x", (text if isinstance(text, str) else json.dumps(text)).encode()


def _acc() -> dict[str, Any]:
    crew = builders.acc_line(1001, builders.acc_driver(), builders.acc_driver("Bob", "Birch", builders.BOB))
    crew["car"]["teamName"] = "Team"
    lines = [crew, builders.acc_line(1002, lapCount=1), builders.acc_line(1003, lapCount=0)]
    return builders.acc_document(
        trackName="nurburgring_24h",
        sessionResult={"isWetSession": 1, "leaderBoardLines": lines},
        laps=[builders.acc_lap(seat=1), builders.acc_lap(valid=False)],
        penalties=[{"carId": 1002, "reason": "Cutting", "penalty": "Disqualified"}],
    )


def _ac() -> dict[str, Any]:
    alice, bob, carol = server_files.ALICE, server_files.BOB, server_files.CAROL
    document = server_files.ac_document(ChampionshipID="c")
    document["Cars"][1]["Driver"]["GuidsList"] = [alice, carol]
    document["Result"][1]["Disqualified"] = True
    document["Result"].append(server_files.ac_line(4, "1", "Nobody"))
    laps = [(1, carol), (3, carol)]
    document["Laps"] += [server_files.ac_lap(slot, guid, "Carol", Cuts=1) for slot, guid in laps]
    document["Laps"] += [server_files.ac_lap(0, bob, "Bob Birch"), server_files.ac_lap(1, alice, "Alice Amber")]
    return document


def _raceroom() -> dict[str, Any]:
    endings = ("DidNotFinish", "Disqualified")
    players = [
        server_files.raceroom_player(10 + place, place, FinishStatus=each) for place, each in enumerate(endings, 2)
    ]
    absent = server_files.raceroom_player(9, 4, BestLapTime=-1, TotalTime=-1, RaceSessionLaps=[])
    players[0]["RaceSessionLaps"][0] |= {"Valid": False, "Incidents": [{"Type": 0, "Points": 4}]}
    return server_files.raceroom_document(
        server_files.raceroom_session("Race", server_files.raceroom_player(CarClass="GT3"), *players, absent)
    )


def _ams2() -> str:
    results = [
        server_files.ams2_result(),
        server_files.ams2_result(101, 2, State="Disqualified"),
        server_files.ams2_result(102, 3, State="Retired"),
        server_files.ams2_result(103, 4, Lap=0, FastestLapTime=0),
    ]
    stage = server_files.ams2_stage(*results, events=[server_files.ams2_lap(CountThisLapTimes=0)])
    return server_files.ams2_text(server_files.ams2_document(server_files.ams2_event(stages={"race1": stage})))


def _iracing() -> dict[str, Any]:
    team = builders.iracing_result(
        -5, 2, team_id=-5, driver_results=[builders.iracing_result(100_007 + n) for n in (1, 2)]
    )
    out = (
        builders.iracing_result(100_003, 3, reason_out="Disqualified"),
        builders.iracing_result(100_004, 4, reason_out="Disconnected"),
    )
    absent = builders.iracing_result(100_005, 5, reason_out="Did Not Start", laps_complete=0)
    heat = builders.iracing_session(-1, simsession_name="Heat 1")
    race = builders.iracing_session(0, builders.iracing_result(), team, *out, absent, simsession_name="Feature")
    return builders.iracing_document(heat, race, license_category_id=2)


def _rfactor() -> str:
    endings = ("DQ", "DNF", "None")
    drivers = [rfactor_files.driver(f"D{n}", n, FinishStatus=each) for n, each in enumerate(endings, 2)]
    absent = rfactor_files.driver("E", 5, " ", Laps=0, BestLapTime="", FinishTime="", FinishStatus="None")
    document = rfactor_files.document(
        rfactor_files.session(rfactor_files.driver(), *drivers, absent), GameVersion="1.4200", Season="Season"
    )
    return with_ids(document.encode(), [{"Alice Amber": "76561190000000001"}]).decode()


def _iracing_csv() -> str:
    line = test_iracing_csv.line
    out = [
        line(100_002 + n, 2 + n, Out=each) for n, each in enumerate(("Disqualified", "Disconnected", "Did not start"))
    ]
    return test_iracing_csv.table(line(), *out)


def _simlane_csv() -> str:
    columns = "driver_id,status"
    rows = ("1,Ann,ann_id,", "DNS,Ben,,DNS", "DSQ,Cas,,DSQ")
    return test_simlane_csv.table(columns, *rows).replace(",Race,", ",Feature,")


MORE: dict[str, list[Any]] = {
    "acc": [_acc()],
    "ac": [
        _ac(),
        server_files.ac_document(Laps=[server_files.ac_lap(9, "2", "Left"), *server_files.ac_document()["Laps"]]),
    ],
    "raceroom": [_raceroom()],
    "ams2": [_ams2()],
    "iracing": [_iracing()],
    "rfactor": [_rfactor()],
    "iracing-csv": [_iracing_csv()],
    "simlane-csv": [_simlane_csv()],
}


def _parts(event: ParsedEvent) -> Iterator[Any]:
    yield event
    for session in event.sessions:
        yield session
        for entry in session.entries:
            yield from (entry, *entry.drivers, *entry.lap_times)


def kept(slug: str) -> dict[str, str]:
    """By the table's line, what it says of the format."""
    found: dict[str, str] = {}
    endings = set()
    for name, data in _files(slug):
        reader, events = read(Source(name, data))
        assert reader.slug == slug
        for part in (part for event in events for part in _parts(event)):
            for name in part.__struct_fields__:
                words, value = FIELDS.get((type(part), name)), getattr(part, name)
                if name == "status":
                    endings.add(value)
                elif words and (value is False if name == "valid" else value not in (None, "", (None, None, None))):
                    found[words] = "yes"
            if isinstance(part, ParsedEntry) and len(part.drivers) > 1:
                found[CREW] = "yes"
    found[FIELDS[ParsedEntry, "status"]] = ", ".join(sorted(endings - {"finished"}))
    return found


def table() -> str:
    formats = {reader.slug: kept(reader.slug) for reader in READERS}
    lines = [f"| | {' | '.join(formats)} |", f"| --- |{' --- |' * len(formats)}"]
    lines += [
        f"| {words} | {' | '.join(found.get(words) or '–' for found in formats.values())} |"
        for words in [*FIELDS.values(), CREW]
    ]
    return "\n".join(lines) + "\n"


def test_every_field_that_readers_give_has_its_line() -> None:
    for part, others in OTHERS.items():
        named = {name for kind, name in FIELDS if kind is part}
        assert named | others == set(part.__struct_fields__), part
        assert not named & others


def test_the_guide_says_what_is_kept_of_each_format() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    before, rest = guide.split(BEGIN)
    said, after = rest.split(END)
    if os.environ.get("SIMLANE_TEST_RENEW_KEPT"):
        said = f"\n{table()}\n"
        GUIDE.write_text(f"{before}{BEGIN}{said}{END}{after}", encoding="utf-8")
    assert said.strip() == table().strip(), f"Run this with SIMLANE_TEST_RENEW_KEPT=1 and look at {GUIDE}."
