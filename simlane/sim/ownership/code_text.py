"""The text of a code that proves a profile, and finding one in a driver's or team's name.

A code is SL- and eight letters or digits, the last of which is a checksum of the others.
"""

from __future__ import annotations

import re
import secrets

#: Crockford's base 32: without letters that look like another one.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
_CODE = re.compile(rf"(?<![0-9A-Za-z])SL-([{LETTERS}]{{{LENGTH}}})(?![0-9A-Za-z])", re.IGNORECASE | re.ASCII)
_SPACES = re.compile(r"\s+")


def new_code() -> str:
    """A new code of 35 random bits: too many to guess in the days it is valid, as each guess costs a race."""
    free = "".join(secrets.choice(LETTERS) for _ in range(LENGTH - 1))
    return f"SL-{free}{_check(free)}"


def codes_in(text: str) -> frozenset[str]:
    """The codes that a name holds, as they are stored."""
    if "-" not in text:
        return frozenset()
    found = (letters.upper() for letters in _CODE.findall(text))
    return frozenset(f"SL-{letters}" for letters in found if _check(letters[:-1]) == letters[-1])


def without_codes(name: str) -> str:
    """The name without codes; empty when nothing else is in it."""
    if not codes_in(name):
        return name
    return _SPACES.sub(" ", _CODE.sub("", name)).strip(" -_|·[]()")


def _check(letters: str) -> str:
    """A weighted sum, so that swapped letters are noticed too."""
    return LETTERS[sum(place * LETTERS.index(letter) for place, letter in enumerate(letters, 1)) % len(LETTERS)]
