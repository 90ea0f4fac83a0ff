"""The demo results: what the generator writes, readable in full, and with the people the demo promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from simlane.results.parsed import ParsedEvent
from simlane.results.readers import READERS, read
from simlane.results.source import Source

DEMO = Path(__file__).parents[2] / "demo"
FILES = sorted(DEMO.glob("*/*.*"))


def events() -> list[tuple[str, ParsedEvent]]:
    found = [read(Source(path.name, path.read_bytes())) for path in FILES]
    return [(reader.slug, event) for reader, events in found for event in events]


def test_it_works() -> None:
    found = events()
    assert len({event.platform_id or event.weekend or event.track for _, event in found}) == 22
    assert {slug for slug, _ in found} == {reader.slug for reader in READERS}
    assert all(event.started_at and event.sessions for _, event in found)
    assert sum(path.stat().st_size for path in FILES) < 1_500_000


def test_the_generator_writes_these_very_files(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", DEMO / "generate.py", tmp_path], check=True)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.glob("*/*.*")}
    assert written == {path.relative_to(DEMO): path.read_bytes() for path in FILES}


def test_the_cast_is_as_the_readme_says() -> None:
    names: dict[tuple[str, str], set[str]] = {}
    by_name_only = set()
    for _, event in events():
        for session in event.sessions:
            for entry in session.entries:
                for driver in entry.drivers:
                    if driver.identifier:
                        names.setdefault((event.simulator, driver.identifier), set()).add(driver.name)
                    else:
                        by_name_only.add(driver.name)
    assert len(names) == 129
    assert len(by_name_only.union(*names.values())) == 105
    assert (
        names["iracing", "9100001"] == names["assetto-corsa-competizione", "76561190000100001"] == {"Marta Sandqvist"}
    )
    assert [found for found in names.values() if len(found) > 1] == [{"Jonas Veldhuizen", "Jonas Veldhuizen-Okoro"}]
    assert sum("Daniel Ferrobel" in found for found in names.values()) == 2
    # No SteamID64 of a person is as low, no customer id of iRacing and no user id of RaceRoom as high.
    least = {"iracing": 9_000_000, "raceroom": 900_000_000}
    assert all(int(i) > least[s] if s in least else int(i) < 76561197960265729 for s, i in names)
