"""`legacy.names.fold` as an expression of PostgreSQL, for names that the old release writes during the upgrade."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

from simlane.sim.legacy.names import fold, is_invisible

#: From here on a letter without a case folds to itself.
IDEOGRAPHS = 0x3400


def fold_sql(column: str) -> str:
    """SQL that gives what `fold` gives: after NFKD each character folds by itself, so tables say it all."""
    source, target, longer, removed, spaces = _tables()
    text = f"normalize({column}, NFKD)"
    for character, folded in longer:
        text = f"replace({text}, '{character}', '{folded}')"
    text = f"translate({text}, '{source}', '{target}')"
    text = f"regexp_replace({text}, '[{removed}]', '', 'g')"
    return f"btrim(regexp_replace({text}, '[{spaces}]+', ' ', 'g'), ' ')"


@cache
def _tables() -> tuple[str, str, list[tuple[str, str]], str, str]:
    single: list[tuple[str, str]] = []
    longer: list[tuple[str, str]] = []
    removed: list[int] = []
    spaces: list[str] = []
    for code, category in enumerate(map(unicodedata.category, map(chr, range(1, sys.maxunicode + 1))), 1):
        character = chr(code)
        # Nearly all of a million are unassigned, private use or ideographs: to fold each takes seconds.
        if category in {"Cn", "Cs"} or (category == "Lo" and code >= IDEOGRAPHS and not is_invisible(character)):
            continue
        if category == "Co":
            removed.append(code)
            continue
        if unicodedata.normalize("NFKD", character) != character:
            continue
        if character.isspace():
            spaces.append(f"\\U{code:08x}")
        elif (folded := fold(character)) == "":
            removed.append(code)
        elif len(folded) > 1:
            longer.append((character, folded))
        elif folded != character:
            single.append((character, folded))
    return (
        "".join(character for character, _ in single),
        "".join(folded for _, folded in single),
        longer,
        _ranges(removed),
        "".join(spaces),
    )


def _ranges(codes: list[int]) -> str:
    """The inside of a character class of these code points, which come in order: whole planes are among them."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
