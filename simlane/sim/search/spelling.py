"""Names in other scripts: a Cyrillic or Greek name by its Latin spelling, and the reverse.

What a Latin word may be in another script is guessed letter by letter. The guess only leads to the words of the
vocabulary that are like it; of those the ones whose Latin spelling begins with the query's word are taken. So no
column holds Latin spellings, and what an older release brings in is found as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from anyascii import anyascii

from simlane.sim.identity.names import fold
from simlane.sim.search.candidates import known_like

#: The letters of a script in the order of how often names have them: of two with one Latin spelling the first is tried.
_SCRIPTS = ("аеиноврлкстмдпугзбячыхжшюцйщфэьъё", "αοιεσνρτκλπμυγδηθωβφχζξψ")
#: What names write otherwise than letter by letter.
_AS_WRITTEN = {"ου": "ou", "αυ": "au", "ευ": "eu"}
SHORTEST = 3


@lru_cache(maxsize=4096)
def latin(folded: str) -> str:
    """A folded text in Latin letters: “иван” is “ivan”."""
    if folded.isascii():
        return folded
    for greek, written in _AS_WRITTEN.items():
        folded = folded.replace(greek, written)
    return fold(anyascii(folded))


def _letters(script: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for letter in script:
        if spelled := anyascii(letter).lower().strip("'\""):
            found.setdefault(spelled, letter)
    return found


_LETTERS = tuple(_letters(script) for script in _SCRIPTS)
_LONGEST = max(len(spelled) for letters in _LETTERS for spelled in letters)


def guess(word: str, letters: dict[str, str]) -> str:
    """A Latin word in the letters of another script, the longest spellings first; a letter without one is left out."""
    found, at = "", 0
    while at < len(word):
        for length in range(_LONGEST, 0, -1):
            if letter := letters.get(word[at : at + length]):
                found, at = found + letter, at + length
                break
        else:
            at += 1
    return found


def spellings(words: Sequence[str]) -> dict[str, list[str]]:
    """Other spellings of the words, where there are any: known words for Latin ones, else the Latin one.

    One statement at most.
    """
    found = {word: [latin(word)] for word in words if not word.isascii() and len(latin(word)) >= SHORTEST}
    guesses: dict[str, str] = {}
    for word in words:
        if word.isascii() and word.isalpha() and len(word) >= SHORTEST:
            for letters in _LETTERS:
                if len(spelled := guess(word, letters)) >= SHORTEST:
                    guesses[spelled] = word
    for spelled, known in known_like(list(guesses)):
        if not known.isascii() and latin(known).startswith(guesses[spelled]):
            found.setdefault(guesses[spelled], []).append(known)
    return found
