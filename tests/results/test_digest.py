"""What files say is told by a digest, which must stay what it was: by it a file that came in long ago is known."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from msgspec.structs import astuple

from simlane.results.digest import content_sha256
from simlane.results.parsed import ParsedEntry
from simlane.results.readers import read
from simlane.results.source import Source
from tests.results import rfactor_files, server_files
from tests.results.builders import acc_document, acc_driver, acc_line, iracing_document

_FLAT = [name for name in ParsedEntry.__struct_fields__ if name not in {"drivers", "lap_times"}]


def _acc(*drivers: dict[str, Any]) -> dict[str, Any]:
    return acc_document(sessionResult={"leaderBoardLines": [acc_line(1001, *drivers), acc_line(1002)]})


@pytest.mark.parametrize(
    "document",
    [
        acc_document(),
        _acc(acc_driver('"\\u0000" \\u0000 ", [')),
        _acc(acc_driver("Zoë,", "早川"), acc_driver("Bob", player_id=None)),
        iracing_document(),
    ],
)
def test_the_digest_is_of_the_plain_text_of_all_values(document: dict[str, Any]) -> None:
    (event,) = read(Source("260301_203000_R.json", json.dumps(document).encode()))[1]
    sessions = [
        [
            session.kind,
            session.number,
            "" if any(entry.best_lap_ms or entry.lap_times for entry in session.entries) else str(event.started_at),
            [
                [
                    [getattr(entry, name) for name in _FLAT],
                    [astuple(driver) for driver in entry.drivers],
                    [astuple(lap)[:-1] for lap in entry.lap_times],
                ]
                for entry in session.entries
            ],
        ]
        for session in event.sessions
    ]
    text = json.dumps([event.simulator, event.platform_id, event.track, event.layout, sessions])
    assert content_sha256(event) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("document", "digest"),
    [
        (
            rfactor_files.document(
                rfactor_files.session(
                    rfactor_files.driver(
                        "Alice Amber",
                        1,
                        rfactor_files.lap(1, "91.0005", pit=1),
                        rfactor_files.lap(2, s1="30.1000"),
                        Pitstops=1,
                    )
                )
            ),
            "28e8e440fedc00ed831b4c9a4246124d0af682bcbb9ed191739293c2fb9abcd4",
        ),
        (
            json.dumps(server_files.raceroom_document()),
            "2ecf7c8158a964733511a2f227bf754f0b00866916f6f8aff4b996f469f348e2",
        ),
    ],
    ids=["rfactor", "raceroom"],
)
def test_a_file_that_came_in_before_laps_through_the_pits_were_read_says_the_same(document: str, digest: str) -> None:
    """The digests are those of SimLane before it read them."""
    (event,) = read(Source("x", document.encode()))[1]
    laps = [lap for entry in event.sessions[0].entries for lap in entry.lap_times]
    for pit in (None, True, False):
        assert content_sha256(event) == digest
        for lap in laps:
            lap.pit = pit
