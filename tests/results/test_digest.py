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
                    [astuple(lap) for lap in entry.lap_times],
                ]
                for entry in session.entries
            ],
        ]
        for session in event.sessions
    ]
    text = json.dumps([event.simulator, event.platform_id, event.track, event.layout, sessions])
    assert content_sha256(event) == hashlib.sha256(text.encode()).hexdigest()
