"""Names as they are compared: one folding for the search, the sort and the words of the vocabulary."""

from __future__ import annotations

import unicodedata

# Letters that Unicode does not take apart into a base letter and a mark, as people type them.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
KEY_LENGTH = 255


def fold(name: str) -> str:
    """The name without case, marks and doubled white space: “Sørën  Ö'Brien” is “soren o'brien”."""
    decomposed = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(bare.casefold().translate(_LETTERS).replace("\0", "").split())


def name_key(name: str) -> str:
    """The key that lists are sorted by: the folded name, cut to the column's length."""
    return fold(name)[:KEY_LENGTH]


def letters(word: str) -> str:
    """The letters of a word in order, the same for words that differ by swapped letters only."""
    return "".join(sorted(word))


def words(folded: str) -> set[str]:
    """The words of a folded name that the vocabulary keeps; single letters say nothing."""
    return {word for word in folded[:2000].split() if 2 <= len(word) <= KEY_LENGTH}
