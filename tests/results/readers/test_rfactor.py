"""rFactor 2 and its relatives: what a file says of sessions, cars, laps and crews, and the order of a race."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from simlane.results.parsed import ParsedEvent
from simlane.results.readers import read
from simlane.results.source import Source
from tests.results.rfactor_files import (
    document,
    driver,
    element,
    joined,
    lap,
    order,
    parse,
    race,
    refusal,
    session,
)

MIXED = "the positions are missing, doubled or contradict"


def test_it_works() -> None:
    event = parse(document())
    assert (event.simulator, event.name, event.track, event.layout) == (
        "rfactor-2",
        "Test League",
        "Sebring",
        "12h Course",
    )
    assert (event.platform_id, event.weekend) == ("", "Test League|Sebring|12h Course")
    assert event.started_at == datetime(2026, 3, 1, 19, 40, tzinfo=UTC)
    assert event.notes == []
    [found] = event.sessions
    assert (found.kind, found.name, found.started_at, found.clock) == ("race", "Race", event.started_at, None)
    alice, bob = found.entries
    assert (alice.position, alice.class_position, alice.grid_position, alice.laps) == (1, 1, 1, 2)
    assert (alice.best_lap_ms, alice.total_time_ms, alice.gap_ms, alice.laps_down) == (90_500, 181_250, 0, 0)
    assert (bob.gap_ms, bob.laps_down, bob.status, bob.status_text) == (1000, 0, "finished", "Finished Normally")
    assert (alice.car_name, alice.car_class, alice.car_number, alice.team_name) == (
        "Tatuus FT-60",
        "Formula",
        "1",
        "Team 1",
    )
    [person] = alice.drivers
    assert (person.name, person.identifier, person.given_id, person.laps) == ("Alice Amber", None, None, 2)
    assert [(row.number, row.driver, row.time_ms, row.sectors_ms) for row in alice.lap_times] == [
        (1, 0, 91_001, (None, None, None)),
        (2, 0, 90_500, (30_100, 30_200, 30_200)),
    ]


# Games


@pytest.mark.parametrize(
    ("head", "laps", "simulator"),
    [
        ({}, "", "rfactor-2"),
        ({"GameVersion": "1.197", "TrackData": None, "Mod": "RNREM_10.RFM"}, "", "rfactor-2"),
        ({"GameVersion": "1.4200"}, "", "le-mans-ultimate"),
        ({"GameVersion": "1.0.0.0"}, lap(1, ve="0.900", veUsed="0.030"), "le-mans-ultimate"),
        ({"GameVersion": "", "TrackData": r"D:\Le Mans Ultimate\Installed\x.mas"}, "", "le-mans-ultimate"),
        (
            {"GameVersion": "2.000", "Mod": "reiza06.srs", "ClientFuelVisible": None, "TrackData": None},
            "",
            "automobilista",
        ),
        ({"GameVersion": "1.250", "Mod": "reiza13.rfm", "ClientFuelVisible": None, "TrackData": None}, "", "rfactor"),
        ({"GameVersion": "1.255", "Mod": "F1CTDP06.rfm", "ClientFuelVisible": None, "TrackData": None}, "", "rfactor"),
        ({"GameVersion": None, "Mod": None, "TrackData": None}, "", "rfactor-2"),
        ({"GameVersion": "x.²"}, "", "rfactor-2"),
    ],
)
def test_each_game_is_told_by_its_own_marks(head: dict[str, object], laps: str, simulator: str) -> None:
    rows = (laps,) if laps else ()
    assert parse(document(session(driver("Alice", 1, *rows)), **head)).simulator == simulator


def test_an_old_version_above_that_of_le_mans_ultimate_is_rfactors() -> None:
    old = document(session(started=1_240_000_000), GameVersion="1.255", TrackData=None, Mod="F1")
    assert parse(old).simulator == "rfactor"


# Sessions


@pytest.mark.parametrize(
    ("tag", "kind", "name"),
    [
        ("TestDay", "practice", "Test day"),
        ("Practice1", "practice", "Practice"),
        ("Practice4", "practice", "Practice 4"),
        ("Qualify", "qualifying", "Qualifying"),
        ("Qualify2", "qualifying", "Qualifying 2"),
        ("Warmup", "warmup", "Warm-up"),
        ("Race", "race", "Race"),
        ("Race2", "race", "Race 2"),
    ],
)
def test_every_session_is_known(tag: str, kind: str, name: str) -> None:
    [found] = parse(document(session(tag=tag))).sessions
    assert (found.kind, found.name) == (kind, name)


def test_a_weekend_in_one_file_is_one_event_of_sessions_in_order() -> None:
    tags = ["Race2", "Practice1", "Qualify", "TestDay", "Warmup", "Race"]
    event = parse(document(*(session(tag=tag, started=1_772_394_000 + i * 600) for i, tag in enumerate(tags))))
    by_number = sorted(event.sessions, key=lambda each: each.number)
    assert [each.name for each in by_number] == ["Test day", "Practice", "Qualifying", "Warm-up", "Race", "Race 2"]
    assert event.started_at == datetime(2026, 3, 1, 19, 40, tzinfo=UTC)
    assert len({each.started_at for each in event.sessions}) == 6


def test_a_session_nobody_took_part_in_is_left_out() -> None:
    empty = "<Practice1><DateTime>1772394000</DateTime><Stream></Stream></Practice1>\n"
    assert [each.name for each in parse(document(empty, session())).sessions] == ["Race"]
    assert "Nobody took part" in refusal(document(empty)).what
    assert "no session" in refusal(document("<Stream></Stream>")).what


def test_a_session_of_another_kind_is_refused() -> None:
    error = refusal(document(session(tag="Duel")))
    assert "“Duel” is not one SimLane knows" in error.what
    assert error.where.startswith("line ")


# Time and place


def test_without_a_start_of_its_own_a_session_began_with_the_event() -> None:
    assert parse(document(session(started=None))).started_at == datetime(2026, 3, 1, 19, tzinfo=UTC)


def test_the_hosts_clock_counts_where_there_is_nothing_else() -> None:
    text = document(session(started=None), DateTime=None)
    source = Source("x.xml", text.encode(), timezone(timedelta(hours=1)))
    _, [event] = read(source)
    assert event.started_at == datetime(2026, 3, 1, 19, tzinfo=UTC)
    assert event.sessions[0].clock == datetime(2026, 3, 1, 20, tzinfo=UTC)


def test_a_file_without_any_date_says_so() -> None:
    event = parse(document(session(started=None), DateTime="0", TimeString=""))
    assert event.started_at is None
    assert event.notes == ["Race: the file holds no date."]


@pytest.mark.parametrize("given", ["1", "253402300799", "253402300800", "soon"])
def test_a_date_nobody_can_have_raced_at_is_refused(given: str) -> None:
    assert refusal(document(session(started=given))).where == "Race.DateTime"


@pytest.mark.parametrize(
    ("venue", "course", "track", "layout"),
    [
        ("Taruma", "Taruma", "Taruma", ""),
        ("Daytona", "Daytona Road Course", "Daytona", "Road Course"),
        ("GPVWC - Curitiba", "Autodromo (GPVWC)", "GPVWC - Curitiba", "Autodromo (GPVWC)"),
        ("", "Monza GP", "Monza GP", ""),
        ("", "", "12h of Sebring", ""),
    ],
)
def test_a_course_is_the_layout_of_a_place(venue: str, course: str, track: str, layout: str) -> None:
    event = parse(document(TrackVenue=venue, TrackCourse=course))
    assert (event.track, event.layout) == (track, layout)


def test_a_file_without_a_track_is_refused() -> None:
    assert refusal(document(TrackVenue="", TrackCourse=None, TrackEvent=" ")).where == "TrackVenue"


def test_what_a_host_does_not_publish_is_nowhere() -> None:
    stream = "<System et='0.0'>Alice(0) 198.51.100.7 has joined</System><Chat et='1.0'>Alice: my secret</Chat>"
    event = parse(document(session(stream=stream), ServerName="Test League | pw: hunter2"))
    assert event.name == "Test League"
    assert not any(word in repr(event) for word in ("hunter2", "198.51", "secret", "Installed", ".mas"))


def test_a_file_without_a_servers_name_is_called_after_its_track() -> None:
    event = parse(document(ServerName=None, Season="Formula 3"))
    assert (event.name, event.weekend, event.series) == ("Sebring, Race", "", "Formula 3")
    assert parse(document(session(tag="Qualify"), session(), ServerName="")).name == "Sebring"


def test_a_weekend_of_long_names_still_fits() -> None:
    first, second = (parse(document(ServerName="x" * 250 + end)).weekend for end in "ab")
    assert len(first) == 64
    assert first != second


# Order


def field(*places: int | None, **values: object) -> list[str]:
    names = ["Alice", "Bob", "Carol", "Dave"]
    return [driver(names[i], i + 1, **{"Position": place} | values) for i, place in enumerate(places)]


def test_the_files_positions_order_a_race_not_the_order_of_its_drivers() -> None:
    cars = [driver("Bob", 2), driver("Carol", 3), driver("Alice", 1)]
    event = race(*cars)
    assert order(event) == ["Alice", "Bob", "Carol"]
    assert event.notes == []


@pytest.mark.parametrize("places", [(1, 1, 2), (0, 0, 0), (None, None, None), (-1, -1, -1), (1, None, 2)])
def test_positions_that_are_doubled_or_missing_are_told_by_laps_and_times(places: tuple[int | None, ...]) -> None:
    cars = [
        driver("Carol", 1, Position=places[0], Laps=1),
        driver("Bob", 2, Position=places[1], FinishTime="182.0"),
        driver("Alice", 3, Position=places[2], FinishTime="181.0"),
    ]
    event = race(*cars)
    assert order(event) == ["Alice", "Bob", "Carol"]
    assert [entry.position for entry in event.sessions[0].entries] == [1, 2, 3]
    assert len(event.notes) == 1
    assert MIXED in event.notes[0]


@pytest.mark.parametrize(
    "wrong", [{"Laps": 1}, {"FinishTime": "199.0"}, {"FinishStatus": "DQ"}, {"FinishStatus": "None", "Laps": 0}]
)
def test_a_car_that_stands_above_one_it_cannot_have_beaten_is_put_in_its_place(wrong: dict[str, object]) -> None:
    event = race(driver("Alice", 1, **wrong), driver("Bob", 2))
    assert order(event) == ["Bob", "Alice"]
    assert MIXED in event.notes[0]


def test_a_car_that_retired_stands_where_the_game_puts_it() -> None:
    event = race(driver("Alice", 1), driver("Bob", 2, FinishStatus="DNF", Laps=1), driver("Carol", 3))
    assert order(event) == ["Alice", "Bob", "Carol"]
    assert event.notes == []


def test_without_positions_who_retired_and_who_was_disqualified_stand_last() -> None:
    cars = [
        driver("Dave", 1, Position=0, FinishStatus="DQ"),
        driver("Carol", 2, Position=0, FinishStatus="DNF", FinishTime=None),
        driver("Bob", 3, Position=0, Laps=1),
        driver("Alice", 4, Position=0),
    ]
    assert order(race(*cars)) == ["Alice", "Bob", "Carol", "Dave"]


def test_without_times_the_laps_sums_tell() -> None:
    slow, fast = lap(1, "95.0"), lap(1, "94.0")
    cars = [
        driver("Bob", 1, slow, Position=None, FinishTime=None, Laps=None),
        driver("Alice", 2, fast, Position=None, FinishTime=None, Laps=None),
    ]
    event = race(*cars)
    assert order(event) == ["Alice", "Bob"]
    assert event.sessions[0].entries[0].laps == 1


def test_outside_of_races_the_best_laps_tell_where_positions_do_not() -> None:
    cars = [
        driver("Carol", 1, lap(1, "--.----"), Position=-1, BestLapTime=None),
        driver("Bob", 2, Position=-1, BestLapTime="92.0"),
        driver("Alice", 3, Position=-1, BestLapTime="91.0"),
    ]
    event = race(*cars, tag="Qualify")
    assert order(event) == ["Alice", "Bob", "Carol"]
    assert event.notes == []
    assert [(entry.gap_ms, entry.laps_down) for entry in event.sessions[0].entries] == [(None, None)] * 3


def test_positions_in_class_are_counted_in_the_final_order() -> None:
    cars = [
        driver("Alice", 1, CarClass="Hyper"),
        driver("Bob", 2, CarClass="GT3", ClassPosition=1),
        driver("Carol", 3, CarClass="Hyper", ClassPosition=7),
        driver("Dave", 4, CarClass=""),
    ]
    entries = race(*cars).sessions[0].entries
    assert [entry.class_position for entry in entries] == [1, 1, 2, None]


# Ends of drives


@pytest.mark.parametrize(
    ("values", "status", "text"),
    [
        ({"FinishStatus": "Finished Normally"}, "finished", "Finished Normally"),
        ({"FinishStatus": "Finished"}, "finished", "Finished"),
        ({"FinishStatus": "DNF"}, "dnf", "DNF"),
        ({"FinishStatus": "DNF", "DNFReason": "Suspension"}, "dnf", "DNF (Suspension)"),
        ({"FinishStatus": "DNF", "DNFReason": "DNF"}, "dnf", "DNF"),
        ({"FinishStatus": "DQ"}, "dsq", "DQ"),
        ({"FinishStatus": "None"}, "dnf", ""),
        ({"FinishStatus": None}, "dnf", ""),
        ({"FinishStatus": "None", "Laps": 0}, "dns", ""),
    ],
)
def test_how_a_drive_of_a_race_ended(values: dict[str, object], status: str, text: str) -> None:
    entry = race(driver("Alice", 1), driver("Bob", 2, **values)).sessions[0].entries[1]
    assert (entry.drivers[0].name, entry.status, entry.status_text) == ("Bob", status, text)


def test_a_race_that_nobody_finished_has_no_retirements() -> None:
    entries = race(*field(1, 2, FinishStatus="None")).sessions[0].entries
    assert [entry.status for entry in entries] == ["finished", "finished"]


def test_outside_of_races_only_a_disqualification_counts() -> None:
    cars = [driver("Alice", 1, FinishStatus="DNF"), driver("Bob", 2, FinishStatus="DQ")]
    entries = race(*cars, tag="Practice1").sessions[0].entries
    assert [entry.status for entry in entries] == ["finished", "dsq"]


def test_a_car_laps_down_has_no_gap_in_time() -> None:
    entries = race(driver("Alice", 1), driver("Bob", 2, Laps=1)).sessions[0].entries
    assert [(entry.gap_ms, entry.laps_down) for entry in entries] == [(0, 0), (None, 1)]


# Values


@pytest.mark.parametrize("none", ["--.----", "-1.0000", "0.0000", "", "nan", "-nan(ind)", "-1.#IND00", "1.#INF", "inf"])
def test_no_time_is_none(none: str) -> None:
    entry = race(driver("Alice", 1, lap(1, none, s1=none), BestLapTime=none, FinishTime=none)).sessions[0].entries[0]
    assert (entry.best_lap_ms, entry.total_time_ms) == (None, None)
    assert [(row.time_ms, row.sectors_ms[0]) for row in entry.lap_times] == [(None, None)]


@pytest.mark.parametrize(
    ("given", "milliseconds"),
    [("90.1234", 90_123), ("90.1235", 90_124), ("90", 90_000), ("90.", 90_000), ("0.0005", 1)],
)
def test_seconds_are_rounded_half_up(given: str, milliseconds: int) -> None:
    assert race(driver("Alice", 1, BestLapTime=given)).sessions[0].entries[0].best_lap_ms == milliseconds


def test_a_best_lap_that_is_not_given_is_the_laps() -> None:
    entry = race(driver("Alice", 1, lap(1, "92.0"), lap(2, "91.0"), BestLapTime=None)).sessions[0].entries[0]
    assert entry.best_lap_ms == 91_000


def test_laps_are_told_by_their_numbers() -> None:
    rows = [lap(2, "92.0"), lap(1, "91.0"), lap(2, "99.0"), lap(0, "93.0")]
    entry = race(driver("Alice", 1, *rows)).sessions[0].entries[0]
    assert [(row.number, row.time_ms) for row in entry.lap_times] == [(1, 91_000), (2, 92_000)]


@pytest.mark.parametrize(
    ("stops", "marks", "pits"),
    [
        (1, ("1", None, None), [True, False, False]),
        (0, (None, None, None), [False, False, False]),
        # A drive-through is none of the car's stops.
        (1, ("1", None, "1"), [True, False, True]),
        # More stops than marks: a lap that lacks its mark is any of them.
        (2, ("1", None, None), [True, None, None]),
        (None, ("1", None, None), [True, None, None]),
        (None, ("1", "0", "maybe"), [True, False, None]),
    ],
)
def test_laps_through_the_pits_are_those_the_file_marks(
    stops: int | None, marks: tuple[str | None, ...], pits: list[bool | None]
) -> None:
    rows = [lap(number, **({"pit": mark} if mark else {})) for number, mark in enumerate(marks, 1)]
    entry = race(driver("Alice", 1, *rows, Pitstops=stops)).sessions[0].entries[0]
    assert [row.pit for row in entry.lap_times] == pits


def test_a_car_that_drove_nothing_and_is_not_scored_is_no_participant() -> None:
    event = race(driver(), driver("Marshal", 2, " ", ServerScored=0, Laps=0))
    assert order(event) == ["Alice Amber"]
    assert any("not scored" in note for note in event.notes)


def test_a_driver_without_a_name_has_none() -> None:
    assert order(race(driver(" "))) == [""]


def test_who_the_computer_drove_is_counted() -> None:
    cars = [
        driver("Alice", 1, element("ControlAndAids", "PlayerControl,TC=3", startLap=1, endLap=2)),
        driver("Bot", 2, element("ControlAndAids", "AIControl", startLap=1, endLap=2), isPlayer=1),
        driver("Second Bot", 3, isPlayer=0),
        driver("Left Early", 4, element("ControlAndAids", "PlayerControl", startLap=1, endLap=2), isPlayer=0),
    ]
    assert race(*cars).notes == ["AI drivers, known by name only: 2."]


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"Laps": "two"}, "Race.Driver[1].Laps"),
        ({"Laps": 32_768}, "Race.Driver[1].Laps"),
        ({"Laps": 2_147_483_647}, "Race.Driver[1].Laps"),
        ({"GridPos": "1e9"}, "Race.Driver[1].GridPos"),
        ({"Position": "first"}, "Race.Driver[1].Position"),
        ({"BestLapTime": "quick"}, "Race.Driver[1].BestLapTime"),
        ({"BestLapTime": "9999999.0"}, "Race.Driver[1].BestLapTime"),
        ({"FinishTime": "1" * 30}, "Race.Driver[1].FinishTime"),
        ({"Name": "x" * 256}, "Race.Driver[1].Name"),
        ({"CarNumber": "1" * 21}, "Race.Driver[1].CarNumber"),
        ({"FinishStatus": "x" * 41}, "Race.Driver[1].FinishStatus"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_driver_field_and_line(values: dict[str, object], where: str) -> None:
    text = document(session(driver(), driver("Bob", 2, **values)))
    line = text[: text.rindex("<Driver>")].count("\n") + 1
    assert refusal(text).where == f"{where}, line {line}"


@pytest.mark.parametrize(
    ("row", "where"),
    [
        (lap(1, "soon"), "Lap[1].time"),
        (lap(1, s2="x"), "Lap[1].s2"),
        (element("Lap", "90.0", num="first"), "Lap[1].num"),
        (element("Swap", "Bob", startLap="x"), "Swap[0].startLap"),
        (element("Swap", "x" * 256, startLap="1"), "Swap[0].name"),
    ],
)
def test_a_lap_or_stint_that_cannot_be_is_refused_where_it_stands(row: str, where: str) -> None:
    assert f"Race.Driver[0].{where}, line " in refusal(document(session(driver("Alice", 1, lap(1), row)))).where


# Crews


def crew(event: ParsedEvent) -> list[tuple[str, int | None, int | None]]:
    return [(each.name, each.laps, each.best_lap_ms) for each in event.sessions[0].entries[0].drivers]


FIVE_LAPS = joined(lap(number, f"9{number}.0") for number in range(1, 6))


def test_stints_give_each_of_a_crew_their_laps() -> None:
    swaps = element("Swap", "Bob", startLap=1, endLap=2) + element("Swap", "Alice", startLap=3, endLap=4)
    swaps += element("Swap", "Bob", startLap=5, endLap=5)
    event = race(driver("Alice", 1, swaps, FIVE_LAPS, Laps=5, BestLapTime="91.0"))
    assert crew(event) == [("Bob", 3, 91_000), ("Alice", 2, 93_000)]
    entry = event.sessions[0].entries[0]
    assert [row.driver for row in entry.lap_times] == [0, 0, 1, 1, 0]
    assert (entry.laps, entry.best_lap_ms) == (5, 91_000)


def test_who_took_over_after_the_last_lap_is_of_the_crew_without_one() -> None:
    swaps = element("Swap", "Bob", startLap=1, endLap=5)
    assert crew(race(driver("Alice", 1, swaps, FIVE_LAPS))) == [("Bob", 5, 91_000), ("Alice", 0, None)]


def test_one_stint_of_the_driver_alone_is_no_crew() -> None:
    swaps = element("Swap", "Alice", startLap=1, endLap=5)
    assert crew(race(driver("Alice", 1, swaps, FIVE_LAPS, Laps=5))) == [("Alice", 5, None)]


def test_changes_in_the_stream_give_the_stints_where_a_car_has_none() -> None:
    stream = joined(
        f'<DriverChange et="{et}">Slot={slot} Vehicle=&quot;x&quot; Old=&quot;{old}&quot; New=&quot;{new}&quot;'
        "</DriverChange>\n"
        for et, slot, old, new in [
            ("5.0", 3, "Zed", "Bob"),
            ("200.0", 3, "Bob", "Alice"),
            ("210.0", 4, "Yan", "Xia"),
            ("390.0", 3, "Alice", "Bob"),
        ]
    )
    event = race(driver("Bob", 1, FIVE_LAPS, Laps=5), stream=stream)
    # Laps begin at 90, 180, 270, 360 and 450.
    assert crew(event) == [("Zed", 0, None), ("Bob", 3, 91_000), ("Alice", 2, 93_000)]
    assert [row.driver for row in event.sessions[0].entries[0].lap_times] == [1, 1, 2, 2, 1]


def test_a_crews_member_by_whom_nothing_is_known_but_a_name_has_no_laps_without_laps() -> None:
    swaps = element("Swap", "Bob", startLap=1, endLap=2)
    assert crew(race(driver("Alice", 1, swaps, Laps=5))) == [("Bob", None, None), ("Alice", None, None)]


def test_who_has_none_of_the_laps_may_have_driven_those_that_the_file_lacks() -> None:
    swaps = element("Swap", "Bob", startLap=1, endLap=5) + element("Swap", "Alice", startLap=6, endLap=7)
    assert crew(race(driver("Alice", 1, swaps, FIVE_LAPS, Laps=7))) == [("Bob", 5, 91_000), ("Alice", None, None)]
