"""Bytes of a valid file of each format, damaged: each is read as far as it can be stored, or refused, and nothing else.

A new format adds its sample to SAMPLES.
"""

from __future__ import annotations

import codecs
import json
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlane.results.importer import Importer
from simlane.results.parsed import ParsedEvent
from simlane.results.readers import READERS, read
from simlane.results.source import ResultFileError, Source
from simlane.sim.models import Entry, EntryDriver, Event, Lap, Session
from tests.results import builders, rfactor_files, server_files
from tests.results.readers import test_iracing_csv, test_simlane_csv
from tests.results.readers.test_read import assert_storable
from tests.results.rfactor_files import element, lap
from tests.soak import times


def _rfactor() -> str:
    swaps = element("Swap", "Bob & Co", startLap=1, endLap=1) + element("Swap", "Zoë", startLap=2, endLap=2)
    stream = (
        '<DriverChange et="5.0">Slot=1 Old=&quot;Ann&quot; New=&quot;Dave&quot;</DriverChange>\n<Chat>a < b</Chat>\n'
    )
    cars = (
        rfactor_files.driver(),
        rfactor_files.driver("Zoë", 2, swaps, lap(1), lap(2, "--.----", s1="30.1")),
        rfactor_files.driver("Dave", 3, FinishStatus="DNF", DNFReason="Suspension"),
    )
    practice = rfactor_files.session(tag="Practice1", started=rfactor_files.OPENED)
    return rfactor_files.document(practice, rfactor_files.session(*cars, stream=stream))


def _iracing_csv() -> str:
    line = test_iracing_csv.line
    team = [line(-5, 3, Name="Team"), line(100003, 3, **{"Team ID": -5}), line(100004, 3, **{"Team ID": -5})]
    return test_iracing_csv.table(line(), line(100002, 2, Interval="-1 L", Out="Disconnected"), *team)


def _ams2() -> str:
    laps = [server_files.ams2_lap(), server_files.ams2_lap(101), server_files.ams2_lap(102)]
    stages = {"practice1": server_files.ams2_stage(), "race1": server_files.ams2_stage(events=laps)}
    running = server_files.ams2_event(stages={"race1": server_files.ams2_stage(end_time=0)})
    log = server_files.ams2_document(
        server_files.ams2_event(stages=[]), server_files.ams2_event(stages=stages), running
    )
    # A comment behind the JSON is nothing that could be cut.
    return server_files.ams2_text(log).removesuffix("\n// EOF //\n")


#: By the reader's slug: a file's name and its bytes.
SAMPLES: dict[str, tuple[str, bytes]] = {
    "acc": ("260301_203000_R.json", json.dumps(builders.acc_document(), indent=1).encode("utf-16-le")),
    "iracing": ("eventresult-70000001.json", json.dumps(builders.iracing_document(), indent=1).encode()),
    "ac": (server_files.AC_NAME, json.dumps(server_files.ac_document(), indent=1).encode()),
    "raceroom": ("server.json", json.dumps(server_files.raceroom_document(), indent=1).encode()),
    "ams2": ("sms_stats_data.json", _ams2().encode()),
    "rfactor": ("2026_03_01_20_40_00-01R1.xml", _rfactor().encode()),
    "iracing-csv": ("eventresult_70000001.csv", _iracing_csv().encode()),
    "simlane-csv": ("league.csv", test_simlane_csv.FILLED_IN.encode()),
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252", "cp037")
#: What could mean something to a parser: openings without an end, numbers that are none, entities, halves of letters.
MORSELS = (
    *(
        b"\0",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\x1a",
        b'"',
        b"'",
        b"<",
        b">",
        b"&",
        b"\n",
        b"\r",
        b",",
        b";",
    ),
    *(b"<!--", b"]]>", b"<![CDATA[", b"<?x", b"</", b"/>", b"&x;", b"&#0;", b"&#x110000;", b"<Driver>", b"<Race>"),
    *(b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", b"\xc2\x85", b"1e999", b"-1", b"NaN", b"9" * 400),
    *(b"2147483647", b"--.----", b"=cmd()", b"0001-01-01", b"9999-12-31 23:59 +14:00", b"[", b"{", b"\\ud800", b"//"),
)
NESTS = (b"<a>", b"[", b'{"a":', b'"', b"<Race><Driver>", b"(", b"&lt;")


@pytest.fixture(scope="module", autouse=True)
def _no_network() -> Iterator[None]:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("a connection was opened")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        yield


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The bytes with one to four things done to them."""
    for _ in range(rng.randint(1, 4)):
        start, end, third = sorted(rng.randint(0, len(data)) for _ in range(3))
        match rng.randrange(9):
            case 0:
                data = data[:end]
            case 1:
                data = data[:start] + data[end:]
            case 2:
                data = data[:start] + data[end:third] + data[start:end] + data[third:]
            case 3:
                data = data[:end] + data[start:end] + data[end:]
            case 4:
                data = _recoded(data, rng)
            case 5:
                data = data[:start] + rng.choice(NESTS) * rng.choice((3, 50, 20_000)) + data[start:]
            case 6:
                data = data[:start] + rng.choice(MORSELS) + data[start:]
            case 7:
                # In the place of a value, which is where a morsel does most.
                data = data[:start] + rng.choice(MORSELS) + data[start + rng.randint(1, 12) :]
            case _:
                data = data[:start] + rng.randbytes(rng.randint(1, 6)) + data[start + rng.randint(0, 6) :]
        data = data[: 4 * 1024 * 1024]
    return data


def _recoded(data: bytes, rng: random.Random) -> bytes:
    return data.decode(rng.choice(ENCODINGS), "replace").encode(rng.choice(ENCODINGS), "replace")


def outcome(name: str, data: bytes) -> tuple[str, list[ParsedEvent]]:
    """The slug of the reader and what it read; nothing for a file that is refused, whose reason can be shown."""
    try:
        reader, events = read(Source(name, data))
    except ResultFileError as error:
        reason = str(error)
    else:
        return reader.slug, events
    assert 0 < len(reason.encode()) < 1500
    return "", []


def test_every_format_has_a_sample() -> None:
    assert set(SAMPLES) == {reader.slug for reader in READERS}
    for slug, (name, data) in SAMPLES.items():
        assert outcome(name, data)[0] == slug


@pytest.mark.soak
@pytest.mark.parametrize("slug", SAMPLES)
@settings(max_examples=times(150, soak=30_000), deadline=None)
@given(st.integers(0, 2**64))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(slug: str, seed: int) -> None:
    name, data = SAMPLES[slug]
    _, events = outcome(name, damaged(data, random.Random(seed)))
    for event in events:
        assert_storable(event)


@pytest.mark.parametrize("slug", SAMPLES)
def test_a_file_that_is_cut_anywhere_is_never_read_in_part(slug: str) -> None:
    """A table may end with any of its lines; the others have an end of their own."""
    name, data = SAMPLES[slug]
    text = data.removeprefix(codecs.BOM_UTF8)
    whole = outcome(name, text)[1]
    for length in range(0, len(text.rstrip()), max(1, len(text) // 60)):
        found, events = outcome(name, text[:length])
        if slug.endswith("csv"):
            assert sum(map(_rows, events)) <= sum(map(_rows, whole))
        else:
            assert not found, length


def _rows(event: ParsedEvent) -> int:
    return sum(len(entry.drivers) for session in event.sessions for entry in session.entries)


@pytest.mark.soak
@pytest.mark.django_db
@pytest.mark.parametrize("slug", SAMPLES)
def test_a_damaged_file_comes_in_whole_or_not_at_all(slug: str, tmp_path: Path) -> None:
    name, data = SAMPLES[slug]
    rng = random.Random(slug)
    path = tmp_path / name
    for _ in range(times(12, soak=300)):
        path.write_bytes(damaged(data, rng))
        before = _stored()
        report = Importer().run([path])
        added = [now - then for now, then in zip(_stored(), before, strict=True)]
        events = outcome(name, path.read_bytes())[1]
        sessions = [session for event in events for session in event.sessions]
        entries = [entry for session in sessions for entry in session.entries]
        whole = [
            len(sessions),
            len(entries),
            sum(len(entry.drivers) for entry in entries),
            sum(len(entry.lap_times) for entry in entries),
        ]
        assert added[1:] == (whole if report.imported and not report.refused else [0, 0, 0, 0])
        # The next one is not a version of it.
        Event.objects.all().delete()


def _stored() -> list[int]:
    return [model.objects.count() for model in (Event, Session, Entry, EntryDriver, Lap)]
