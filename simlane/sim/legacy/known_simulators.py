"""The known simulators and the forms of their ids, as the upgrade from the old model and migration 0016 need them.

A copy of sim.identity as it was then, never edited: a newer simulator or form is for a migration of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: The longest identifier.
MAX_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write an id: `pattern` matches all of it; its only group, after `prefix`, is the canonical text."""

    pattern: str
    prefix: str = ""
    lower: bool = False


# A SteamID64 of a person has 17 digits and starts with 7656119; result files put an S before it.
_STEAM_FORMS = (
    Form(r"^[Ss]?(7656119[0-9]{10})$"),
    Form(
        r"^(?:[Hh][Tt][Tt][Pp][Ss]?://)?(?:[Ww][Ww][Ww]\.)?[Ss][Tt][Ee][Aa][Mm][Cc][Oo][Mm][Mm][Uu][Nn][Ii][Tt][Yy]\.[Cc][Oo][Mm]/profiles/(7656119[0-9]{10})(?:[/?#].*)?$"
    ),
)
#: By kind; tried in order.
FORMS: dict[str, tuple[Form, ...]] = {
    "iracing": (Form(r"^0*([1-9][0-9]{0,9})$"),),
    "steam": _STEAM_FORMS,
    "acc": (*_STEAM_FORMS, Form(r"^[Mm]([1-9][0-9]{5,19})$", prefix="M")),
    "raceroom": (Form(r"^0*([1-9][0-9]{0,9})$"),),
    "psn": (Form(r"^([A-Za-z][A-Za-z0-9_-]{2,15})$", lower=True),),
    "other": (Form(r"^([^\s]{1,255})$"),),
}


@dataclass(frozen=True, slots=True)
class KnownSimulator:
    """A simulator, its older slugs (`aliases`), and the keys of `profile_data` that may hold its id."""

    slug: str
    name: str
    kind: str
    legacy_keys: tuple[str, ...]
    aliases: tuple[str, ...] = ()


_STEAM_KEYS = ("steam_id", "steamid", "steam_id64", "steamid64", "steamId", "steamID64")

KNOWN_SIMULATORS: tuple[KnownSimulator, ...] = (
    KnownSimulator(
        "iracing",
        "iRacing",
        "iracing",
        ("cust_id", "customer_id", "custid", "iracing_id", "custId"),
    ),
    KnownSimulator(
        "assetto-corsa-competizione",
        "Assetto Corsa Competizione",
        "acc",
        ("player_id", "playerId", *_STEAM_KEYS),
        ("acc",),
    ),
    KnownSimulator("assetto-corsa", "Assetto Corsa", "steam", (*_STEAM_KEYS, "guid", "Guid"), ("ac",)),
    KnownSimulator("rfactor-2", "rFactor 2", "steam", _STEAM_KEYS, ("rf2", "rfactor2")),
    KnownSimulator("le-mans-ultimate", "Le Mans Ultimate", "steam", _STEAM_KEYS, ("lmu",)),
    KnownSimulator(
        "raceroom",
        "RaceRoom",
        "raceroom",
        ("user_id", "userId", "UserId", "raceroom_id"),
        ("r3e", "raceroom-racing-experience"),
    ),
    KnownSimulator("automobilista-2", "Automobilista 2", "steam", _STEAM_KEYS, ("ams2", "automobilista2")),
    KnownSimulator(
        "gran-turismo-7",
        "Gran Turismo 7",
        "psn",
        ("psn_id", "psn", "online_id", "psnId"),
        ("gt7", "gran-turismo7"),
    ),
)

_COMPILED = {kind: tuple((re.compile(form.pattern), form) for form in forms) for kind, forms in FORMS.items()}
_BY_SLUG = {slug: each for each in KNOWN_SIMULATORS for slug in (each.slug, *each.aliases)}
_WHITE_SPACE = re.compile(r"[ \t\n\r\f\v]+")


def known_simulator(slug: str) -> KnownSimulator | None:
    """The simulator that a slug names, by its own or an older one."""
    return _BY_SLUG.get(slug)


def canonical_or_none(kind: str, value: object) -> str | None:
    """The canonical text of an id of that kind, or None when the value cannot be one; numbers come as text."""
    if not isinstance(value, str):
        return None
    text = _WHITE_SPACE.sub("", value)
    # Invisible or unstorable: two ids that look the same are not to be two.
    if not text.isprintable():
        return None
    for pattern, form in _COMPILED[kind]:
        # fullmatch: `$` alone would let a trailing line break through.
        if match := pattern.fullmatch(text):
            kept: str = match[1]
            return form.prefix + (kept.lower() if form.lower else kept)
    return None
