"""The reader is picked by what a file holds; a file of no format is refused with the true reason."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlane.results.parsed import ParsedEvent
from simlane.results.readers import READERS, read
from simlane.results.readers.fields import MAX_COUNT, MAX_MS, MAX_TEXT
from simlane.results.source import ResultFileError, Source
from tests.results import builders, rfactor_files, server_files
from tests.results.readers.test_iracing_csv import table as iracing_table
from tests.results.readers.test_simlane_csv import FILLED_IN
from tests.soak import times


def refusal(data: bytes) -> str:
    with pytest.raises(ResultFileError) as caught:
        read(Source("x.json", data))
    return str(caught.value)


def test_it_works_whatever_the_file_is_called() -> None:
    assert read(builders.source(builders.acc_document(), "results.txt"))[0].slug == "acc"
    assert read(builders.source(builders.iracing_document(), "260301_203000_R.json"))[0].slug == "iracing"


def test_formats_are_told_apart() -> None:
    assert len({reader.slug for reader in READERS}) == len(READERS)
    texts = (rfactor_files.document(), iracing_table(), FILLED_IN)
    for source in (*map(builders.source, DOCUMENTS), *(Source("x", text.encode()) for text in texts)):
        assert sum(reader.recognises(source) for reader in READERS) == 1


def test_broken_json_says_where_it_breaks() -> None:
    assert "line 1, column 12" in refusal(b'{"laps": [1')


def test_another_json_lists_what_can_be_read() -> None:
    message = refusal(b'{"TrackName": "x", "Sessions": []}')
    assert "none of the formats SimLane reads" in message
    for reader in READERS:
        assert reader.name in message
    assert "not an object" in refusal(b"[]")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Results/>", "XML"),
        ("<Results name='é'/>".encode("latin-1"), "XML"),
        ("<Results/>".encode("utf-16"), "XML"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"\x1f\x8brest", "gzip"),
        (b"\x89PNG\r\n\x1a\n", "not text"),
    ],
)
def test_other_files_are_called_what_they_are(data: bytes, said: str) -> None:
    assert said in refusal(data)


def test_a_long_line_of_json_is_no_table() -> None:
    assert "none of the formats" in refusal(b'{"laps": [' + b"1," * 2000 + b"1]}")


def test_readers_refuse_what_they_do_not_recognise() -> None:
    for reader in READERS:
        for data in (b"{}", b"[]", b"3"):
            source = Source("x.json", data)
            assert not reader.recognises(source)
            with pytest.raises(ResultFileError):
                reader.read(source)


DOCUMENTS: tuple[dict[str, Any], ...] = (
    builders.acc_document(penalties=[{"carId": 1001, "reason": "Cutting", "penalty": "Disqualified"}]),
    builders.acc_document(sessionType="Q"),
    builders.iracing_document(
        builders.iracing_session(-1, simsession_type=5),
        builders.iracing_session(
            0,
            builders.iracing_result(),
            builders.iracing_result(1, 1, team_id=-5, driver_results=[builders.iracing_result(100007)]),
        ),
    ),
    {"type": "event_result", "data": builders.iracing_document()},
    server_files.ac_document(HasPenalty=True),
    server_files.ac_document(Type="QUALIFY"),
    server_files.raceroom_document(server_files.raceroom_session("Qualify"), server_files.raceroom_session()),
    server_files.ams2_document(
        server_files.ams2_event(stages={"practice1": server_files.ams2_stage(events=[server_files.ams2_lap()])}),
        server_files.ams2_event(),
    ),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([-1, 0, 2**31 - 1, 2**31, 2**63, -(2**63), 10**400, -(10**400)]),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["", "\0", "\ud800", "9" * 300, "a" * 256, "S76561190000000001", "0001-01-01T00:00:00+14:00"]),
)
VALUES = st.one_of(LEAVES, st.lists(LEAVES, max_size=3), st.dictionaries(st.text(max_size=5), LEAVES, max_size=3))


@pytest.mark.soak
@settings(max_examples=times(600, soak=20_000), deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    for _ in range(data.draw(st.integers(1, 3))):
        damage(document, data)
    events, message = outcome(document)
    for event in events:
        assert_storable(event)
    assert bool(events) is not bool(message)
    assert len(message.encode()) < 1000


def outcome(document: Any) -> tuple[list[ParsedEvent], str]:
    try:
        return read(builders.source(document))[1], ""
    except ResultFileError as error:
        return [], str(error)


def damage(node: Any, data: st.DataObject) -> None:
    """Replace or remove something somewhere in the document."""
    while True:
        places = list(node) if isinstance(node, dict) else range(len(node))
        if not places:
            return
        place = data.draw(st.sampled_from(places))
        if isinstance(node[place], dict | list) and node[place] and data.draw(st.integers(0, 3)):
            node = node[place]
        elif data.draw(st.booleans()):
            node[place] = data.draw(VALUES)
            return
        else:
            del node[place]
            return


def assert_storable(event: ParsedEvent) -> None:
    """Everything fits the columns it is for."""
    for text in (event.name, event.track, event.layout, event.series, event.weekend):
        text.encode()
        assert "\0" not in text
        assert len(text) <= MAX_TEXT
    assert event.track
    assert event.name
    assert len(event.platform_id) <= 64
    for session in event.sessions:
        assert session.kind in {"practice", "qualifying", "warmup", "race"}
        assert 0 <= session.number <= MAX_COUNT
        assert 0 < len(session.name) <= 100
        assert session.entries
        for entry in session.entries:
            assert entry.status in {"finished", "dnf", "dns", "dsq"}
            for count in (entry.position, entry.class_position, entry.grid_position, entry.laps, entry.laps_down):
                assert count is None or 0 <= count <= MAX_COUNT
            for time in (entry.best_lap_ms, entry.average_lap_ms, entry.total_time_ms, entry.gap_ms):
                assert time is None or 0 <= time <= MAX_MS
            assert len(entry.car_number) <= 20
            assert len(entry.status_text) <= 100
            # Some teams of iRacing are listed without their drivers.
            assert entry.drivers or event.simulator == "iracing"
            for lap in entry.lap_times:
                assert lap.time_ms is None or 0 < lap.time_ms <= MAX_MS
                assert lap.driver < len(entry.drivers)
                assert lap.number <= MAX_COUNT
            for driver in entry.drivers:
                driver.name.encode()
                assert len(driver.name) <= MAX_TEXT
                assert "\0" not in driver.name
                assert not (driver.identifier and driver.given_id)
                assert len(driver.license_before) <= 20
