"""Making text from outside fit to be logged and shown."""

from __future__ import annotations


def printable(text: str, length: int) -> str:
    """One line of at most that length: no NUL, line break, escape or mark that turns the direction of reading."""
    kept = text[: length + 1]
    safe = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in kept)
    return safe if len(safe) <= length else safe[: length - 1] + "…"
