"""A table as spreadsheets and exports write it, row by row, each cell known by its column's heading and its line.

UTF-8 or UTF-16, with or without a byte order mark; bytes of another encoding are read as Windows-1252. A comma, a
semicolon or a tab parts the cells, whichever the first line has most of.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simlane.results.readers.fields import cleaned
from simlane.results.source import ResultFileError, Source

_SEPARATORS = ",;\t"
#: How much of a file is looked at to know what table it is.
BEGINNING = 16_384
_MOST_CELLS = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: its number in the file, from 1, and its cells by heading; one that is not there is empty."""

    line: int
    cells: Mapping[str, str]

    def place(self, heading: str) -> str:
        """Where a cell stands, for an error."""
        return f"line {self.line}, column “{heading}”"

    def located(self, error: ResultFileError) -> ResultFileError:
        """The error of one of this row's cells, which names the heading, with the line."""
        return ResultFileError(error.what, self.place(error.where) if error.where else f"line {self.line}")


def lines(source: Source, *, beginning: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold anything, with their numbers, each cell on one line and trimmed; raises ResultFileError.

    With `beginning` only the first ones, and what is cut off is no error.
    """
    text = source.lenient_text[0]
    text = (text[:BEGINNING] if beginning else text).lstrip("\ufeff")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    at = 1
    try:
        for cells in reader:
            if len(cells) > _MOST_CELLS:
                if beginning:
                    return
                raise ResultFileError(f"The line has more than {_MOST_CELLS} cells", f"line {at}")
            if any(cells) and any(found := [cleaned(cell) for cell in cells]):
                yield at, found
            at = reader.line_num + 1
    except csv.Error as error:
        if not beginning:
            raise ResultFileError(f"The table cannot be read: {error}", f"line {at}") from None


def _separator(text: str) -> str:
    first = next((line for line in text[:BEGINNING].splitlines() if line.strip(' \t,;"')), "")
    return max(_SEPARATORS, key=first.count)
