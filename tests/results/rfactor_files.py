"""Result files of the rFactor family as their programs write them, element by element."""

from __future__ import annotations

from collections.abc import Iterable

from simlane.results.parsed import ParsedEvent
from simlane.results.readers import read
from simlane.results.source import ResultFileError, Source

PROLOGUE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE rF [
<!ENTITY rFEnt "rFactor Entity">
]>
"""
#: 2026-03-01 19:00:00 and 19:40:00 UTC.
OPENED, STARTED = 1_772_391_600, 1_772_394_000


def element(name: str, text: object, **attributes: object) -> str:
    """An element as the games write it: nothing is escaped."""
    given = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{given}>{text}</{name}>\n"


def lap(number: int, time: str = "90.5000", place: int = 1, **attributes: object) -> str:
    return element("Lap", time, num=number, p=place, et=f"{number * 90}.0000", fuel="-1.000", **attributes)


def driver(name: str = "Alice Amber", place: int = 1, *rows: str, **values: object) -> str:
    """A car that did two laps of a race; a value of None leaves the element out."""
    fields = {
        "Name": name,
        "Connected": 1,
        "VehFile": "CAR_01.VEH",
        "UpgradeCode": "00000000 00000000",
        "VehName": f"Livery #{place}",
        "CarType": "Tatuus FT-60",
        "CarClass": "Formula",
        "CarNumber": place,
        "TeamName": f"Team {place}",
        "isPlayer": 1,
        "ServerScored": 1,
        "GridPos": place,
        "Position": place,
        "ClassPosition": place,
        "BestLapTime": "90.5000",
        "FinishTime": f"18{place}.2500",
        "Laps": 2,
        "Pitstops": 0,
        "FinishStatus": "Finished Normally",
    } | values
    inner = "".join(element(key, value) for key, value in fields.items() if value is not None)
    laps = "".join(rows) if rows else lap(1, "91.0005") + lap(2, s1="30.1000", s2="30.2000", s3="30.2000")
    return f"<Driver>\n{inner}{laps}</Driver>\n"


def session(*drivers: str, tag: str = "Race", started: object = STARTED, stream: str = "") -> str:
    start = "" if started is None else element("DateTime", started) + element("TimeString", "2026/03/01 20:40:00")
    found = "".join(drivers or (driver(), driver("Bob Birch", 2)))
    return (
        f"<{tag}>\n{start}<Laps>2147483647</Laps>\n<Minutes>20</Minutes>\n<Stream>\n{stream}</Stream>\n"
        f"<MostLapsCompleted>2</MostLapsCompleted>\n{found}</{tag}>\n"
    )


def document(*sessions: str, prologue: str = PROLOGUE, **head: object) -> str:
    """A race of two cars on an rFactor 2 server."""
    fields = {
        "Setting": "Multiplayer",
        "ServerName": "Test League",
        "ClientFuelVisible": 2,
        "PlayerFile": "player",
        "DateTime": OPENED,
        "TimeString": "2026/03/01 20:00:00",
        "Mod": "TestMod_10",
        "Season": "",
        "TrackVenue": "Sebring",
        "TrackCourse": "Sebring 12h Course",
        "TrackEvent": "12h of Sebring",
        "TrackData": r"C:\Games\rFactor 2\Installed\Locations\Sebring\1.0\Sebring.mas",
        "TrackLength": "5856.1",
        "GameVersion": "1.1115",
        "Dedicated": 1,
    } | head
    inner = "".join(element(key, value) for key, value in fields.items() if value is not None)
    found = "".join(sessions or (session(),))
    return f'{prologue}<rFactorXML version="1.0">\n<RaceResults>\n{inner}{found}</RaceResults>\n</rFactorXML>\n'


def parse(text: str | bytes, filename: str = "2026_03_01_20_40_00-01R1.xml") -> ParsedEvent:
    reader, (event,) = read(Source(filename, text.encode() if isinstance(text, str) else text))
    assert reader.slug == "rfactor"
    return event


def race(*drivers: str, **of_session: object) -> ParsedEvent:
    return parse(document(session(*drivers, **of_session)))  # type: ignore[arg-type]


def refusal(text: str | bytes) -> ResultFileError:
    try:
        parse(text)
    except ResultFileError as error:
        return error
    raise AssertionError("it was read")


def order(event: ParsedEvent) -> list[str]:
    return [entry.drivers[0].name for entry in event.sessions[0].entries]


def joined(parts: Iterable[str]) -> str:
    return "".join(parts)
