"""Names as they are compared: one folding for the search, the sort and the words of the vocabulary."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Letters that Unicode does not take apart into a base letter and a mark, as people type them.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
# Arabic keyboards write these for the letters of Persian names.
_LETTERS |= str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک"})
# Categories of Unicode: control, format (joiners, soft hyphens, byte order marks), private use, half surrogates.
_INVISIBLE = {"Cc", "Cf", "Co", "Cs"}
# Characters of other categories that show nothing: a grapheme joiner, fillers, variation selectors.
_FILLERS = {"\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u3164", "\uffa0"}
_SELECTORS = ("\ufe00", "\ufe0f"), ("\U000e0100", "\U000e01ef")
KEY_LENGTH = 255


def fold(name: str) -> str:
    """The name without case, marks, doubled white space and what is invisible: “Sørën  Ö'Brien” is “soren o'brien”."""
    if name.isascii() and name.isprintable():
        return " ".join(name.lower().split())
    bare = "".join(map(_bare, unicodedata.normalize("NFKD", name)))
    return " ".join(bare.casefold().translate(_LETTERS).split())


@lru_cache(maxsize=4096)
def _bare(character: str) -> str:
    """The character; nothing in the place of a mark or of what is invisible. Names hold few different ones."""
    if unicodedata.combining(character):
        return ""
    return character if character.isspace() or not is_invisible(character) else ""


def is_invisible(character: str) -> bool:
    """Whether nobody sees the character, so that it can tell no two names apart."""
    return (
        unicodedata.category(character) in _INVISIBLE
        or character in _FILLERS
        or any(first <= character <= last for first, last in _SELECTORS)
    )


def printable(text: str, length: int | None = None) -> str:
    """The text on one line, for a log or a terminal: what would break it, move the cursor or hide is an escape."""
    kept = text if length is None else text[: length + 1]
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in kept)
    return shown if length is None or len(shown) <= length else shown[: length - 1] + "…"


def name_key(name: str) -> str:
    """The key that lists are sorted by: the folded name, cut to the column's length."""
    return fold(name)[:KEY_LENGTH]


def letters(word: str) -> str:
    """The letters of a word in order, the same for words that differ by swapped letters only."""
    return "".join(sorted(word))


def words(folded: str) -> set[str]:
    """The words of a folded name that the vocabulary keeps; single letters say nothing."""
    return {word for word in folded[:2000].split() if 2 <= len(word) <= KEY_LENGTH}
