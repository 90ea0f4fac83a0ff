"""One file brought in for a league, by whatever way: what came of it, in words, and its event."""

from __future__ import annotations

from dataclasses import dataclass

from simlane.leagues.models import UploadedFile
from simlane.results.files import Candidate
from simlane.results.importer import Importer
from simlane.results.keeping import NotKeptError
from simlane.results.known import events_of
from simlane.results.models import Way
from simlane.results.report import Report
from simlane.results.timezones import UnknownTimezoneError, timezone_of
from simlane.sim.identity.names import printable
from simlane.sim.models import League

Outcome = UploadedFile.Outcome
MOST_LETTERS = 2000


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of a file; `event` is the key of the event that holds its results."""

    outcome: Outcome
    detail: str = ""
    event: int | None = None


def importer_for(league: League, *, way: Way, by: int | None, replace: bool, dry_run: bool = False) -> Importer:
    """What brings files in for the league one by one, or says what would come of each."""
    try:
        zone = timezone_of(league.time_zone)
    except UnknownTimezoneError:
        # Staff may have typed anything.
        zone = None
    return Importer(league=league, timezone=zone, way=way, by=by, replace=replace, dry_run=dry_run)


def bring(importer: Importer, candidate: Candidate) -> Brought:
    """Brings in one file, or says what an import would do. Raises only what the database raises when it fails."""
    report = importer.report = Report()
    importer.bring([candidate])
    detail = printable(_detail(report))[:MOST_LETTERS]
    if report.refused:
        # No fault of the file, which may well come in later.
        is_ours = any(isinstance(error, NotKeptError) for _, error in report.refused)
        return Brought(Outcome.FAILED if is_ours else Outcome.REFUSED, detail)
    if report.skipped:
        return Brought(Outcome.SKIPPED, detail)
    if importer.dry_run and report.imported:
        return Brought(Outcome.READABLE, detail)
    events = events_of(candidate.source(), importer.league_id)
    return Brought(Outcome.IMPORTED if report.imported else Outcome.UNCHANGED, detail, events[0] if events else None)


def _detail(report: Report) -> str:
    problems = [str(error) for _, error in (*report.refused, *report.skipped)]
    if problems:
        return " ".join(problems)
    if not report.imported:
        return "Its results are in already."
    counts = report.counts
    found = ", ".join(
        f"{counts[what]:,} {name if counts[what] == 1 else plural}"
        for what, name, plural in (
            ("sessions", "session", "sessions"),
            ("entries", "entry", "entries"),
            ("laps", "lap", "laps"),
        )
        if counts[what]
    )
    return " ".join([f"{found}.", *(note for _, note in report.notes)])
