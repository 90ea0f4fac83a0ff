"""A season's calendar as a table, in and out: docs/leagues.md describes the columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from simlane.leagues.models import Round, Season
from simlane.leagues.seasons import sheets
from simlane.leagues.seasons.changing import changing
from simlane.results.readers import texts
from simlane.results.readers.simlane_csv.columns import date
from simlane.results.readers.tables import Row
from simlane.results.source import ResultFileError
from simlane.results.timezones import UnknownTimezoneError, timezone_of
from simlane.sim.errors import Refused

COLUMNS = ("round", "name", "date", "track", "percent", "cancelled")
_YES = {"yes": True, "cancelled": True, "x": True, "1": True, "": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class _Line:
    line: int
    number: int
    name: str
    starts_at: datetime | None
    track: str
    percent: int
    cancelled: bool


def take(season: Season, data: bytes) -> int:
    """Makes the calendar what the table says, and returns how many rounds it has. Nothing changes when it is refused.

    A round of a number that is there already is changed and keeps its event; one that the table does not have goes,
    unless it has an event. Times without a zone are the league's. Raises Refused with the line and column.
    """
    zone = zone_of(season)
    lines = sheets.read(data, COLUMNS, ("round",), lambda row: _read(row, zone))
    by_number: dict[int, _Line] = {}
    for each in lines:
        if (before := by_number.setdefault(each.number, each)) is not each:
            raise Refused(f"Round {each.number} stands in line {before.line} already (at line {each.line}).")
    with changing(season):
        there = {each.number: each for each in season.rounds.select_related("track")}
        if kept := [number for number, each in there.items() if each.event_id and number not in by_number]:
            raise Refused(f"Round {kept[0]} has results and is not in the table: add it, or take its event away first.")
        season.rounds.exclude(number__in=by_number).delete()
        for number, each in by_number.items():
            planned = there.setdefault(number, Round(season=season, number=number))
            if each.track != _track(planned):
                planned.track, planned.track_name = None, each.track
            planned.name, planned.starts_at = each.name, each.starts_at
            planned.percent, planned.cancelled = each.percent, each.cancelled
        chosen = [there[number] for number in by_number]
        Round.objects.bulk_create([each for each in chosen if each.pk is None])
        Round.objects.bulk_update(
            [each for each in chosen if each.pk], ("name", "starts_at", "track", "track_name", "percent", "cancelled")
        )
    return len(lines)


def written(season: Season) -> str:
    """The calendar as the table that `take` reads, with times in UTC."""
    return sheets.written(
        COLUMNS,
        (
            (
                str(each.number),
                each.name,
                f"{each.starts_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if each.starts_at else "",
                _track(each),
                str(each.percent),
                "yes" if each.cancelled else "",
            )
            for each in season.rounds.select_related("track")
        ),
    )


def zone_of(season: Season) -> tzinfo:
    """Where times of the season's league stand that name no zone."""
    try:
        return timezone_of(season.league.time_zone)
    except UnknownTimezoneError:
        # Staff may have typed anything.
        return UTC


def _track(planned: Round) -> str:
    return str(planned.track) if planned.track else planned.track_name


def _read(row: Row, zone: tzinfo) -> _Line:
    cancelled = row.cells.get("cancelled", "").casefold()
    if cancelled not in _YES:
        raise ResultFileError("Write yes, or leave it empty", "cancelled")
    when = row.cells.get("date", "")
    return _Line(
        row.line,
        texts.whole(row.cells, "round", low=1, high=1000) or 0,
        sheets.text(row, "name", 100),
        date(when, zone, is_planned=True)[0] if when else None,
        sheets.text(row, "track", 255),
        texts.whole(row.cells, "percent", low=1, high=1000) or 100,
        _YES[cancelled],
    )
