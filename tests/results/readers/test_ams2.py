"""Reading the log of an Automobilista 2 or Project CARS 2 server: many events, some running, and drivers who rejoin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from simlane.results.parsed import ParsedEntry, ParsedEvent
from simlane.results.readers import read
from simlane.results.source import ResultFileError, Source
from tests.results.builders import with_value
from tests.results.server_files import (
    BEGAN,
    ams2_document,
    ams2_event,
    ams2_events,
    ams2_lap,
    ams2_result,
    ams2_stage,
    ams2_text,
)


def event_of(**changes: Any) -> ParsedEvent:
    (event,) = ams2_events(ams2_document(ams2_event(**changes)))
    return event


def stage(*results: dict[str, Any], name: str = "race1", refs: tuple[int, ...] = (), **changes: Any) -> ParsedEvent:
    found = ams2_event(*refs, stages={name: ams2_stage(*results, **changes)})
    (event,) = ams2_events(ams2_document(found))
    return event


def entries(*results: dict[str, Any], **options: Any) -> list[ParsedEntry]:
    return stage(*results, **options).sessions[0].entries


def refusal(document: Any) -> ResultFileError:
    with pytest.raises(ResultFileError) as caught:
        ams2_events(document)
    return caught.value


def test_it_works() -> None:
    event = event_of()
    (session,) = event.sessions
    assert (event.simulator, event.name, event.track, event.layout) == (
        "automobilista-2",
        "Test Server",
        "Brands Hatch",
        "GP",
    )
    assert event.started_at == session.started_at == datetime.fromtimestamp(BEGAN, UTC)
    assert (session.kind, session.name, event.notes) == ("race", "Race", [])
    first, second = session.entries
    assert (first.position, first.class_position, first.laps, first.best_lap_ms) == (1, 1, 2, 90_001)
    assert (first.total_time_ms, first.status, first.laps_led) == (182_000, "finished", None)
    assert (first.car_name, first.car_class) == ("Ginetta G55 GT4", "GT4")
    (driver,) = first.drivers
    assert (driver.name, driver.identifier, driver.laps) == ("Driver 100", "76561190000000100", 2)
    assert (second.position, second.gap_ms, second.laps_down) == (2, 1_000, 0)


def test_comments_stand_before_and_behind_the_json() -> None:
    text = ams2_text(ams2_document())
    for data in (text.encode(), text.replace("\n", "\r\n").encode("utf-8-sig"), text.encode("utf-16")):
        assert read(Source("log.json", data))[1] == ams2_events(ams2_document())
    with pytest.raises(ResultFileError) as caught:
        read(Source("log.json", text.replace('"stats"', "stats").encode()))
    assert caught.value.where == "line 6, column 2"


def test_a_server_may_have_slashes_in_its_name() -> None:
    (event,) = ams2_events(ams2_document(server={"name": "League // Round 1"}))
    assert "Round 1" in event.name


@pytest.mark.parametrize(
    ("name", "kind", "called"),
    [
        ("practice1", "practice", "Practice"),
        ("Practice2", "practice", "Practice 2"),
        ("qualifying1", "qualifying", "Qualifying"),
        ("warmup1", "warmup", "Warm-up"),
        ("race1", "race", "Race"),
    ],
)
def test_stages_have_their_kind(name: str, kind: str, called: str) -> None:
    session = stage(name=name).sessions[0]
    assert (session.kind, session.name) == (kind, called)


def test_a_total_is_a_races() -> None:
    assert entries(name="practice1")[0].total_time_ms is None


def test_each_stage_is_an_event_that_is_joined_to_the_others_of_its_event() -> None:
    stages = {"practice1": ams2_stage(), "race1": ams2_stage(begins=BEGAN + 1800)}
    later = ams2_event(start_time=BEGAN + 86_400, stages={"race1": ams2_stage(begins=BEGAN + 86_500)})
    practice, race, other = ams2_events(ams2_document(ams2_event(stages=stages), later))
    assert practice.weekend == race.weekend != other.weekend
    assert [event.sessions[0].kind for event in (practice, race)] == ["practice", "race"]
    assert practice.sessions[0].number < race.sessions[0].number


def test_events_without_results_are_left_out() -> None:
    empty = ams2_event(stages={})
    listed = ams2_event(stages=[], participants=[], members={})
    laps_only = ams2_event(stages={"race1": ams2_stage() | {"results": {}, "events": [ams2_lap()]}})
    (event,) = ams2_events(ams2_document(empty, listed, laps_only, ams2_event()))
    assert event.notes == ["Sessions with laps and without results were left out: 1."]
    assert "no session of the log has results yet" in str(refusal(ams2_document(empty, listed)))
    assert "no session of the log has results yet" in str(refusal(ams2_document() | {"stats": {"history": {}}}))


def test_what_is_not_over_yet_is_left_out() -> None:
    """The server's last event may be running; one before it is over, even if the server died in it."""
    stages = {"practice1": ams2_stage(), "race1": ams2_stage(end_time=0)}
    (practice,) = ams2_events(ams2_document(ams2_event(stages=stages)))
    assert practice.sessions[0].kind == "practice"
    assert practice.notes == ["Sessions that were not over yet were left out: 1."]
    assert len(ams2_events(ams2_document(ams2_event(stages=stages), ams2_event(stages={})))) == 2


def test_tables_may_be_lists_whose_first_key_is_1() -> None:
    people = [{"IsPlayer": 1, "Name": "", "RefId": 100, "VehicleId": 850609487}]
    row = ams2_result(name="")
    del row["attributes"]["VehicleId"]
    event = event_of(participants=people, members=[], stages={"race1": ams2_stage(row, events=[])})
    (entry,) = event.sessions[0].entries
    assert (entry.car_name, entry.drivers[0].name, entry.drivers[0].identifier) == ("McLaren 570S GT4", "", None)


def test_results_may_be_a_table_with_numbers_for_keys() -> None:
    table = {str(place): ams2_result(100 + place, place) for place in (10, 2, 1)}
    found = event_of(stages={"race1": ams2_stage() | {"results": table}}).sessions[0].entries
    assert [entry.drivers[0].name for entry in found] == ["Driver 101", "Driver 102", "Driver 110"]


def test_a_driver_is_known_by_the_number_joined_under_and_not_by_the_cars() -> None:
    """The car's number went from Driver 100, who left, to Driver 200."""
    laps = [ams2_lap(100, time=95000), ams2_lap(200, time=91000)]
    event = stage(ams2_result(200), refs=(100, 200), events=laps)
    stayed, left = event.sessions[0].entries
    assert (stayed.drivers[0].identifier, left.drivers[0].identifier) == ("76561190000000200", "76561190000000100")
    assert [lap.time_ms for lap in stayed.lap_times] == [91_000]
    assert (left.position, left.status, left.status_text, left.best_lap_ms) == (
        None,
        "dnf",
        "Left before the end",
        95_000,
    )
    assert event.notes == ["Drivers who left before the end, known by their laps only: 1."]


def test_who_rejoins_stands_there_once_with_all_laps() -> None:
    found = ams2_event(100, 101, 102)
    found["members"]["102"]["steamid"] = found["members"]["100"]["steamid"]
    laps = [ams2_lap(100), ams2_lap(102, time=89000), ams2_lap(102, 1)]
    results = (ams2_result(100, 3, Lap=1), ams2_result(101), ams2_result(102, 2))
    found["stages"] = {"qualifying1": ams2_stage(*results, events=laps)}
    (event,) = ams2_events(ams2_document(found))
    _, entry = event.sessions[0].entries
    assert (entry.drivers[0].name, entry.position, entry.laps) == ("Driver 102", 2, 3)
    assert [lap.number for lap in entry.lap_times] == [1, 2, 3]


def test_a_steam_id_may_stand_with_the_participant() -> None:
    people = {"0": {"IsPlayer": 1, "Name": "A", "RefId": 100, "SteamID": "76561190000000007", "VehicleId": 1}}
    event = event_of(participants=people, members={}, stages={"race1": ams2_stage(ams2_result())})
    assert event.sessions[0].entries[0].drivers[0].identifier == "76561190000000007"


def test_without_steam_ids_there_are_names_only() -> None:
    found = event_of(members=[], stages={"race1": ams2_stage()}).sessions[0].entries
    assert [(entry.drivers[0].name, entry.drivers[0].identifier) for entry in found] == [
        ("Driver 100", None),
        ("Driver 101", None),
    ]


def test_an_id_that_cannot_be_real_leaves_the_name() -> None:
    found = ams2_event()
    found["members"]["100"]["steamid"] = "123"
    (event,) = ams2_events(ams2_document(found))
    driver = event.sessions[0].entries[0].drivers[0]
    assert (driver.name, driver.identifier, driver.given_id) == ("Driver 100", None, "123")


def test_an_ai_driver_is_a_name_whoever_it_joined_with() -> None:
    """AI drivers have the number of the player whose computer drives them."""
    people = {"9": {"IsPlayer": 0, "Name": "Robot", "RefId": 100, "VehicleId": 850609487}}
    results = (ams2_result(), *(ams2_result(100, place, name="Robot", is_player=False) for place in (2, 3)))
    results[2]["participantid"] = 9
    event = event_of(participants=people, stages={"race1": ams2_stage(*results)})
    player, *robots = event.sessions[0].entries
    assert (player.drivers[0].identifier, player.car_name) == ("76561190000000100", "Ginetta G55 GT4")
    assert [(robot.drivers[0].name, robot.drivers[0].identifier) for robot in robots] == [("Robot", None)] * 2


def test_laps_come_out_of_the_events() -> None:
    laps = [ams2_lap(), ams2_lap(number=1, time=89000, CountThisLapTimes=0), {"event_name": "State"}]
    first, second = entries(events=laps)
    assert [(lap.number, lap.time_ms, lap.valid, lap.sectors_ms) for lap in first.lap_times] == [
        (1, 91_000, True, (30_000, 30_000, 31_000)),
        (2, 89_000, False, (30_000, 30_000, 29_000)),
    ]
    assert (first.laps_led, second.laps_led, second.lap_times) == (2, 0, [])


def test_a_lap_of_the_servers_count_without_a_row_is_counted() -> None:
    first = entries(events=[ams2_lap()])[0]
    assert (first.laps, len(first.lap_times)) == (2, 1)


@pytest.mark.parametrize("none", [0, -1, None])
def test_what_stands_for_no_time_is_none(none: int | None) -> None:
    first = entries(ams2_result(FastestLapTime=none, TotalTime=none), ams2_result(101, 2))[0]
    assert (first.best_lap_ms, first.total_time_ms) == (None, None)


@pytest.mark.parametrize(
    ("name", "laps", "state", "position", "status"),
    [
        ("practice1", 0, "Finished", None, "finished"),
        ("practice1", 3, "Retired", 1, "finished"),
        ("practice1", 3, "Disqualified", 1, "dsq"),
        ("race1", 0, "Finished", None, "dns"),
        ("race1", 0, "Retired", None, "dnf"),
        ("race1", 3, "Retired", 1, "dnf"),
        ("race1", 3, "DNF", 1, "dnf"),
        ("race1", 3, "Racing", 1, "dnf"),
    ],
)
def test_a_state_says_how_a_race_ended(name: str, laps: int, state: str, position: int | None, status: str) -> None:
    best = 90_000 if laps else 0
    (entry,) = entries(ams2_result(Lap=laps, State=state, FastestLapTime=best), name=name)
    assert (entry.position, entry.status) == (position, status)
    assert entry.status_text == (state if status in {"dnf", "dsq"} else "")


def test_places_are_counted_in_class_too() -> None:
    results = (ams2_result(), ams2_result(101, 2, VehicleId=809291220), ams2_result(102, 3), ams2_result(103, 3, Lap=1))
    found = entries(*results)
    assert [(entry.position, entry.car_class, entry.class_position) for entry in found] == [
        (1, "GT4", 1),
        (2, "GT3", 1),
        (3, "GT4", 2),
        (4, "GT4", 3),
    ]
    assert (found[3].laps_down, found[3].gap_ms) == (1, None)


def test_a_number_that_no_table_knows_is_shown_with_a_note() -> None:
    found = ams2_event(setup={"TrackId": -5, "AllowedCutsBeforePenalty": 0})
    found["stages"] = {"race1": ams2_stage(ams2_result(VehicleId=-7))}
    (event,) = ams2_events(ams2_document(found))
    entry = event.sessions[0].entries[0]
    assert (event.track, event.layout, entry.car_name, entry.car_class) == ("Track -5", "", "Car -7", "")
    assert event.notes == [
        "The track has only its number in the file: -5.",
        "Cars of which the file has only a number: 1.",
    ]


def test_without_a_server_the_track_names_the_event() -> None:
    document = ams2_document()
    del document["stats"]["server"]
    (event,) = ams2_events(document)
    assert event.name == "Brands Hatch – GP"


def test_project_cars_2_numbers_cars_and_tracks_of_its_own() -> None:
    found = ams2_event(setup={"TrackId": -1027934689})
    for row in (*found["members"].values(), *found["participants"].values()):
        row.get("setup", row)["VehicleId"] = 58065064
    (event,) = ams2_events(ams2_document(found))
    assert (event.simulator, event.track) == ("project-cars-2", "Track -1027934689")
    assert event.sessions[0].entries[0].car_name == "Car 379055283"


def test_an_older_log_of_automobilista_2_is_told_by_its_cars_and_tracks() -> None:
    (event,) = ams2_events(ams2_document(ams2_event(setup={"TrackId": 731129913})))
    assert (event.simulator, event.track, event.layout) == ("automobilista-2", "Imola", "GP 2018")


def test_a_log_of_project_cars_1_is_called_what_it_is() -> None:
    assert "Project CARS 1" in str(refusal(ams2_document(ams2_event(setup={"Practice1Length": 5}))))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("stats.history", 3),
        ("stats.history[0]", 3),
        ("stats.server.name", 3),
        ("stats.history[0].stages", 3),
        ("stats.history[0].setup.TrackId", None),
        ("stats.history[0].setup.TrackId", "Imola"),
        ("stats.history[0].start_time", "now"),
        ("stats.history[0].members.x", {}),
        ("stats.history[0].members.100", 3),
        ("stats.history[0].participants.0.RefId", "a"),
        ("stats.history[0].stages.race1.results", 1),
        ("stats.history[0].stages.race1.results[1]", 1),
        ("stats.history[0].stages.race1.results[1].attributes.Lap", "two"),
        ("stats.history[0].stages.race1.results[0].refid", "two"),
        ("stats.history[0].stages.race1.start_time", 10**11),
    ],
)
def test_an_error_says_where(path: str, value: object) -> None:
    assert refusal(with_value(ams2_document(), path, value)).where == path


@pytest.mark.parametrize("name", ["race\ud800", "race\n\u202e1"])
def test_a_refusal_that_names_a_stage_can_be_shown(name: str) -> None:
    """Such names are keys of the JSON, which nothing has cleaned."""
    for stages in ({name: ams2_stage()}, {name: 3}):
        shown = str(refusal(ams2_document(ams2_event(stages=stages))))
        assert shown.encode().decode().isprintable()
