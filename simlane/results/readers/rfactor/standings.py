"""What the game's own program (its REST interface) says of a session while it runs: who drives, with SteamIDs.

A result file holds names only. Standings that lie in its folder, or beside it in an archive, give the ids: they are put
into the file as a comment at its end, so that what is kept and read again is one file.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from simlane.results.readers import fields
from simlane.results.source import ResultFileError, Source
from simlane.sim.identity.identifiers import IdentifierKind, normalise_or_none

#: A driver's name, and the SteamID64.
Ids = dict[str, str]

_COMMENT = "<!-- standings beside it: "
_FOUND = re.compile(rf"{_COMMENT}(\{{[^<>]*\}}) -->\s*\Z")
#: The largest grid has a hundred cars, and a race a few snapshots.
_MOST_CARS = 200
_MOST_NAMES = 2000


def is_standings(document: Any) -> bool:
    """Whether a JSON document is a list of cars with their drivers and SteamIDs."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(isinstance(row, dict) and {"driverName", "steamID"} <= row.keys() for row in document)
    )


def ids_in(data: bytes) -> Ids:
    """The ids that such a file holds, by name; none for a file of another kind, or for a name that two cars have."""
    try:
        document = Source("", data).json
    except ResultFileError:
        return {}
    if not is_standings(document) or len(document) > _MOST_CARS:
        return {}
    names = [fields.cleaned(str(row["driverName"])) for row in document]
    twice = {name for name, count in Counter(names).items() if count > 1}
    ids = (normalise_or_none(IdentifierKind.STEAM, row["steamID"]) for row in document)
    return {name: each for name, each in zip(names, ids, strict=True) if name and each and name not in twice}


def with_ids(data: bytes, standings: Iterable[Ids]) -> bytes:
    """The result file with the ids of those standings that are of its drivers, which are most of theirs."""
    if b"<rFactorXML" not in data[:65_536]:
        return data
    found: dict[str, str | None] = {}
    held: dict[str, bool] = {}
    for ids in standings:
        for name in ids:
            if name not in held and len(held) < _MOST_NAMES:
                held[name] = _holds(data, name)
        if 2 * sum(held.get(name, False) for name in ids) > len(ids):
            for name, each in ids.items():
                # Two people of one name are told apart by neither.
                found[name] = each if found.get(name, each) == each else None
    known = {name: each for name, each in sorted(found.items()) if each}
    if not known:
        return data
    # Two hyphens end a comment, signs of XML mean something, and what is not of ASCII is another byte in each encoding.
    text = json.dumps(known).replace("--", "-\\u002d")
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return data.rstrip(b"\0\x7f\r\n\t ") + f"\n{_COMMENT}{text} -->\n".encode()


def ids_of(text: str) -> Ids:
    """The ids that `with_ids` put into the file."""
    if not (match := _FOUND.search(text, max(0, text.rfind(_COMMENT)))):
        return {}
    try:
        document = json.loads(match[1])
    except (ValueError, RecursionError):
        return {}
    ids = ((name, normalise_or_none(IdentifierKind.STEAM, each)) for name, each in document.items())
    return {name: each for name, each in ids if each}


def _holds(data: bytes, name: str) -> bool:
    return name.encode(errors="replace") in data or name.encode("cp1252", "replace") in data
