"""The readable part of an address: words of a name behind the number that the address is read by."""

from __future__ import annotations

from django.urls.converters import StringConverter
from django.utils.text import slugify

LONGEST = 60


def readable(name: str, otherwise: str) -> str:
    """The name in lower case Latin letters, digits and hyphens; `otherwise` for a name that has none of these."""
    return slugify(name)[:LONGEST].strip("-") or otherwise


class WordsConverter(StringConverter):
    """Whatever stands in a readable part's place: the view sends on to the right one."""

    regex = r"[^/]*"
