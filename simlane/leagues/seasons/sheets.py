"""Tables that people write of a season, its entry list and its calendar: read by line, written for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from simlane.results.readers import tables
from simlane.results.readers.fields import shown
from simlane.results.readers.simlane_csv.columns import heading_of
from simlane.results.readers.tables import Row
from simlane.results.source import ResultFileError, Source
from simlane.sim.errors import Refused

MOST_LINES = 2000
MOST_BYTES = 1024 * 1024
#: So many lines that cannot be read are named at once.
MOST_NAMED = 20
#: A spreadsheet computes what begins with one of these.
_FORMULA = ("=", "+", "-", "@", "\t")

Read = TypeVar("Read")


def read(data: bytes, columns: Sequence[str], needed: Sequence[str], line_of: Callable[[Row], Read]) -> list[Read]:
    """What `line_of` makes of each line below the headings; raises Refused with the line and column, a line for each

    line of the table that is wrong.

    Comma, semicolon or tab, as spreadsheets write them; a column that is not known is left out.
    """
    if len(data) > MOST_BYTES:
        raise Refused(f"The table is larger than {MOST_BYTES // 1024} KB.")
    try:
        found = tables.lines(Source("table.csv", data))
        line, cells = next(found, (1, []))
        headings = [heading_of(cell) for cell in cells]
        if missing := [heading for heading in needed if heading not in headings]:
            raise ResultFileError(f"The table has no column “{'”, “'.join(missing)}”", f"line {line}")
        if doubled := [heading for heading in columns if headings.count(heading) > 1]:
            raise ResultFileError(f"The table has the column “{doubled[0]}” twice", f"line {line}")
        return _lines(headings, found, needed, line_of)
    except ResultFileError as error:
        raise Refused(f"{error}.") from None


def _lines(
    headings: Sequence[str],
    lines: Iterable[tuple[int, list[str]]],
    needed: Sequence[str],
    line_of: Callable[[Row], Read],
) -> list[Read]:
    made: list[Read] = []
    wrong: list[str] = []
    for line, cells in _bounded(lines):
        try:
            made.append(_line(Row(line, _cells(headings, cells, line)), needed, line_of))
        except ResultFileError as error:
            wrong.append(f"{error}.")
            if len(wrong) == MOST_NAMED:
                break
    if wrong:
        raise Refused("\n".join(wrong))
    return made


def written(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The table as CSV, which `read` reads; what a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows)
    return out.getvalue()


def text(row: Row, heading: str, most: int) -> str:
    """A cell's text; raises ResultFileError when it is longer. An apostrophe before a formula is taken away again."""
    found = row.cells.get(heading, "")
    if found[:1] == "'" and found[1:].startswith(_FORMULA):
        found = found[1:]
    if len(found) > most:
        raise ResultFileError(f"“{shown(found)}” has more than {most} letters", heading)
    return found


def _cells(headings: Sequence[str], cells: Sequence[str], line: int) -> dict[str, str]:
    if any(cells[len(headings) :]):
        raise ResultFileError(f"The line has more cells than the {len(headings)} headings", f"line {line}")
    return dict(zip(headings, cells, strict=False))


def _bounded(lines: Iterable[tuple[int, list[str]]]) -> Iterable[tuple[int, list[str]]]:
    for count, (line, cells) in enumerate(lines, 1):
        if count > MOST_LINES:
            raise ResultFileError(f"The table has more than {MOST_LINES:,} lines", f"line {line}")
        yield line, cells


def _line(row: Row, needed: Sequence[str], line_of: Callable[[Row], Read]) -> Read:
    try:
        for heading in needed:
            if not row.cells.get(heading):
                raise ResultFileError("The cell is empty", heading)
        return line_of(row)
    except ResultFileError as error:
        raise row.located(error) from None
