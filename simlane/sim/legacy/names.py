"""Names as migrations 0019, 0031, users.0003 and users.0006 fold them: a copy of sim.identity.names, never edited.

To fold otherwise, change sim.identity.names and write a migration that folds every name again, by a copy of its own.
"""

from __future__ import annotations

import unicodedata

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
    decomposed = unicodedata.normalize("NFKD", name)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c) and (c.isspace() or not is_invisible(c)))
    return " ".join(bare.casefold().translate(_LETTERS).split())


def is_invisible(character: str) -> bool:
    """Whether nobody sees the character, so that it can tell no two names apart."""
    return (
        unicodedata.category(character) in _INVISIBLE
        or character in _FILLERS
        or any(first <= character <= last for first, last in _SELECTORS)
    )


def letters(word: str) -> str:
    """The letters of a word in order, the same for words that differ by swapped letters only."""
    return "".join(sorted(word))


def words(folded: str) -> set[str]:
    """The words of a folded name that the vocabulary keeps; single letters say nothing."""
    return {word for word in folded[:2000].split() if 2 <= len(word) <= KEY_LENGTH}
