"""SimLane CSV: a plain table of results for all that no program writes, one line a driver and session.

The columns are described in docs/results.md, and results/static/results/simlane-results-template.csv shows them. What
an event's lines have in common need stand in the first of them only.
"""

from __future__ import annotations

from simlane.results.parsed import ParsedEvent
from simlane.results.readers import fields, tables
from simlane.results.readers.simlane_csv.columns import COLUMNS, EXAMPLE, NEEDED, OF_EVENT, heading_of
from simlane.results.readers.simlane_csv.events import Events
from simlane.results.readers.tables import Row
from simlane.results.source import ResultFileError, Source

#: A session of the largest grid there is has 100 drivers; a season of ten events is far below this.
_MOST_LINES = 200_000


class SimlaneCsvReader:
    """Reads SimLane CSV. A table may hold several events; whoever wrote it by hand proves nobody's profile by it."""

    slug = "simlane-csv"
    name = "SimLane CSV"
    version = 2

    def recognises(self, source: Source) -> bool:
        """Whether the first line has the heading “driver” and two more of those that say where and when."""
        first = next(tables.lines(source, beginning=True), None)
        headings = {heading_of(cell) for cell in first[1]} if first else set()
        return "driver" in headings and len(headings & {*OF_EVENT, "position"}) >= 2

    def read(self, source: Source) -> list[ParsedEvent]:
        """The table's events, in its order; raises ResultFileError with line and column."""
        found = tables.lines(source)
        line, cells = next(found, (1, []))
        headings = [heading_of(cell) for cell in cells]
        _check(headings, line)
        notes = []
        if unknown := [f"“{fields.shown(cell)}”" for cell in cells if cell and heading_of(cell) not in COLUMNS]:
            notes.append(f"Columns that SimLane does not know were left out: {', '.join(unknown[:10])}.")
        events = Events(source.timezone)
        above: dict[str, str] = {}
        examples: list[str] = []
        for count, (line, cells) in enumerate(found, 1):
            if count > _MOST_LINES:
                raise ResultFileError(f"The table has more than {_MOST_LINES:,} lines: part it", f"line {line}")
            if any(cells[len(headings) :]):
                raise ResultFileError(f"The line has more cells than the {len(headings)} headings", f"line {line}")
            row = Row(line, dict(zip(headings, cells, strict=False)))
            above = _filled(row, above)
            if row.cells.get("driver", "").casefold().startswith(EXAMPLE):
                examples.append(str(line))
                continue
            try:
                events.add(Row(line, {**row.cells, **above}))
            except ResultFileError as error:
                raise row.located(error) from None
        if examples:
            raise ResultFileError(
                f"Example lines of the template are left in it, whose drivers begin with “{EXAMPLE}”: write your "
                "results over them, or delete them",
                f"line {', '.join(examples[:20])}",
            )
        return events.finished(notes)


def _check(headings: list[str], line: int) -> None:
    if missing := [heading for heading in NEEDED if heading not in headings]:
        raise ResultFileError(f"The table has no column “{'”, “'.join(missing)}”", f"line {line}")
    if doubled := [heading for heading in COLUMNS if headings.count(heading) > 1]:
        raise ResultFileError(f"The table has the column “{doubled[0]}” twice", f"line {line}")


def _filled(row: Row, above: dict[str, str]) -> dict[str, str]:
    """What the line says of its event and session; an empty cell repeats the line above.

    A track comes with its own layout, and with an event or a track that is named anew a date has to come.
    """
    said = {heading: row.cells.get(heading, "") for heading in OF_EVENT}
    filled = {heading: said[heading] or above.get(heading, "") for heading in OF_EVENT}
    if said["track"]:
        filled["layout"] = said["layout"]
    if any(said[heading] and said[heading] != above.get(heading) for heading in ("event", "track")):
        filled["date"] = said["date"]
    return filled
