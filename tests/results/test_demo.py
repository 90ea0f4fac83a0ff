"""The demo results: what the generator writes, readable in full, and with the people the demo promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from simlane.results.parsed import ParsedEvent
from simlane.results.readers import read
from simlane.results.source import Source

DEMO = Path(__file__).parents[2] / "demo"
FILES = sorted(DEMO.glob("*/*.json"))


def events() -> list[tuple[str, ParsedEvent]]:
    return [(reader.slug, event) for path in FILES for reader, event in [read(Source(path.name, path.read_bytes()))]]


def test_it_works() -> None:
    found = events()
    assert len({event.platform_id or event.weekend or event.name for _, event in found}) == 16
    assert all(event.started_at and event.sessions for _, event in found)
    assert sum(path.stat().st_size for path in FILES) < 1_500_000


def test_the_generator_writes_these_very_files(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", DEMO / "generate.py", tmp_path], check=True)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.glob("*/*.json")}
    assert written == {path.relative_to(DEMO): path.read_bytes() for path in FILES}


def test_the_cast_is_as_the_readme_says() -> None:
    names: dict[tuple[str, str], set[str]] = {}
    by_name_only = set()
    for simulator, event in events():
        for session in event.sessions:
            for entry in session.entries:
                for driver in entry.drivers:
                    if driver.identifier:
                        names.setdefault((simulator, driver.identifier), set()).add(driver.name)
                    else:
                        by_name_only.add(driver.name)
    assert len(names) + len(by_name_only) == 106
    assert names["iracing", "9100001"] == names["acc", "76561190000100001"] == {"Marta Sandqvist"}
    assert [found for found in names.values() if len(found) > 1] == [{"Jonas Veldhuizen", "Jonas Veldhuizen-Okoro"}]
    assert sum("Daniel Ferrobel" in found for found in names.values()) == 2
    # No SteamID64 of a person is as low, no customer id of iRacing as high.
    assert all(int(i) < 76561197960265729 if s == "acc" else int(i) > 9_000_000 for s, i in names)
