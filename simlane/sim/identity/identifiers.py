"""The platforms' own ids: the kinds of ids, and the one canonical text of each id.

A kind is a set of forms an id is met in (`Form`), each of which leads to the same canonical text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from simlane.sim.identity.names import printable

MAX_LENGTH = 255


class InvalidIdentifierError(ValueError):
    """The text cannot be an id of that platform; the message describes one."""


class IdentifierKind(StrEnum):
    """The kind of a simulator's profile identifiers."""

    IRACING = "iracing"
    STEAM = "steam"
    ACC = "acc"
    RACEROOM = "raceroom"
    PSN = "psn"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write an id: `pattern` matches all of it; its only group, after `prefix`, is the canonical text."""

    pattern: str
    prefix: str = ""
    lower: bool = False


@dataclass(frozen=True, slots=True)
class KindRules:
    """The forms of a kind's ids, tried in order, and a sentence for a person who typed something else."""

    forms: tuple[Form, ...]
    looks_like: str


# A SteamID64 of a person has 17 digits and starts with 7656119; result files put an S before it.
_STEAM_FORMS = (
    Form(r"^[Ss]?(7656119[0-9]{10})$"),
    Form(
        r"^(?:[Hh][Tt][Tt][Pp][Ss]?://)?(?:[Ww][Ww][Ww]\.)?[Ss][Tt][Ee][Aa][Mm][Cc][Oo][Mm][Mm][Uu][Nn][Ii][Tt][Yy]\.[Cc][Oo][Mm]/profiles/(7656119[0-9]{10})(?:[/?#].*)?$"
    ),
)
_STEAM_LOOK = "a SteamID64 (17 digits that start with 7656119) or the link of a Steam profile with such a number"

KINDS: dict[IdentifierKind, KindRules] = {
    IdentifierKind.IRACING: KindRules(
        (Form(r"^0*([1-9][0-9]{0,9})$"),), "an iRacing customer id: a positive number, such as 123456"
    ),
    IdentifierKind.STEAM: KindRules(_STEAM_FORMS, _STEAM_LOOK),
    IdentifierKind.ACC: KindRules(
        (*_STEAM_FORMS, Form(r"^[Mm]([1-9][0-9]{5,19})$", prefix="M")),
        f"{_STEAM_LOOK}, or on a console M and a number of at least six digits",
    ),
    IdentifierKind.RACEROOM: KindRules(
        (Form(r"^0*([1-9][0-9]{0,9})$"),), "a RaceRoom user id: a positive number, such as 1234567"
    ),
    IdentifierKind.PSN: KindRules(
        (Form(r"^([A-Za-z][A-Za-z0-9_-]{2,15})$", lower=True),),
        "a PlayStation online id: 3 to 16 letters, digits, - or _, the first one a letter",
    ),
    IdentifierKind.OTHER: KindRules((Form(r"^([^\s]{1,255})$"),), "an id of 1 to 255 characters without spaces"),
}


_COMPILED = {kind: tuple((re.compile(form.pattern), form) for form in rules.forms) for kind, rules in KINDS.items()}
_WHITE_SPACE = re.compile(r"[ \t\n\r\f\v]+")


def normalise(kind: IdentifierKind | str, value: object) -> str:
    """The canonical text of a platform id, e.g. `7656119...` for `S7656119...`.

    `value` is text or a whole number as a file or a person gave it. Raises InvalidIdentifierError, with a
    sentence for a person, when it cannot be an id of that kind.
    """
    rules = KINDS[IdentifierKind(kind)]
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidIdentifierError(f"not {rules.looks_like}")
    if isinstance(value, int) and not 0 < value < 10**MAX_LENGTH:
        raise InvalidIdentifierError(f"not {rules.looks_like}")
    text = _WHITE_SPACE.sub("", str(value))
    # Invisible or unstorable: two ids that look the same are not to be two.
    if not text.isprintable():
        raise InvalidIdentifierError(f"“{printable(text, 40)}” is not {rules.looks_like}")
    for pattern, form in _COMPILED[IdentifierKind(kind)]:
        # fullmatch: `$` alone would let a trailing line break through.
        if match := pattern.fullmatch(text):
            kept: str = match[1]
            return form.prefix + (kept.lower() if form.lower else kept)
    raise InvalidIdentifierError(f"“{printable(text, 40)}” is not {rules.looks_like}")


def normalise_or_none(kind: IdentifierKind | str, value: object) -> str | None:
    """As `normalise`, but None when it cannot be an id."""
    try:
        return normalise(kind, value)
    except InvalidIdentifierError:
        return None
