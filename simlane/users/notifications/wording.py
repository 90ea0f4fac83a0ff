"""What the words of a notification are made of. Names of drivers come from files that anybody may have written."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

MAX_NAME = 80
#: Categories of line breaks and direction marks, with which a name could forge the text around it.
UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Link:
    """Where to go: the words of the link, and a path on this site."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class Text:
    """The words of a notification: `title` is the mail's subject too.

    `points` are further paragraphs of the mail, each with a heading, and `further` is a link below them. A mail about
    several things has each of them among its `items`.
    """

    title: str
    sentence: str
    link: Link
    points: tuple[tuple[str, str], ...] = ()
    further: Link | None = None
    items: tuple[Text, ...] = ()


def plain(value: object, limit: int = MAX_NAME) -> str:
    """A name on one line, without characters nobody sees, and not longer than anybody reads."""
    shown = "".join(" " if unicodedata.category(each) in UNSAFE else each for each in str(value or ""))
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def driver_name(about: dict[str, Any]) -> str:
    """The name of the profile that a notification is about."""
    return plain(about.get("name")) or "A driver without a name"


def where(about: dict[str, Any]) -> str:
    """The profile, with its simulator."""
    return f"{driver_name(about)} on {plain(about.get('simulator')) or 'its simulator'}"
