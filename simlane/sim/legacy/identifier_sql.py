"""The identifier of a row of the old model, as an expression of the database.

On SQLite the expressions call this module's Python functions; on PostgreSQL they are SQL that gives the same
text for every row. Both follow the tables in sim.legacy.known_simulators.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.known_simulators import (
    FORMS,
    KNOWN_SIMULATORS,
    MAX_LENGTH,
    canonical_or_none,
    known_simulator,
)

#: What is left for the name in `<name>-<uuid>`.
NAME_LENGTH = MAX_LENGTH - len("-") - 36


def fallback_identifier(profile_name: str, profile_id: UUID) -> str:
    """The plan's formula, the name cut so that the id always fits whole and the identifier stays unique."""
    return f"{profile_name.lower().replace(' ', '-')[:NAME_LENGTH]}-{profile_id}"


def platform_identifier(slug: str, profile_data: str) -> str | None:
    """The platform's own id in a row's `profile_data` (JSON text), canonical, or None when there is none."""
    simulator = known_simulator(slug)
    if simulator is None:
        return None
    try:
        data = json.loads(profile_data, parse_int=str, parse_float=_as_jsonb)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    found = (canonical_or_none(simulator.kind, data[key]) for key in simulator.legacy_keys if key in data)
    return next((identifier for identifier in found if identifier), None)


def _as_jsonb(number: str) -> str | None:
    """The text that PostgreSQL gives such a number: JSON knows no difference between 1e5 and 100000."""
    try:
        value = Decimal(number)
    except ArithmeticError:
        return None
    return f"{value:f}" if abs(value.adjusted()) < MAX_LENGTH else None


def fallback_sql(connection: BaseDatabaseWrapper, name: str, key: str) -> str:
    """SQL for `fallback_identifier` of the columns `name` and `key`."""
    if connection.vendor == "sqlite":
        _register(connection, "simlane_fallback", 2, lambda name, key: fallback_identifier(name, UUID(key)))
        return f"simlane_fallback({name}, {key})"
    return f"left(replace({_python_lower(connection, name)}, ' ', '-'), {NAME_LENGTH}) || '-' || {key}::text"


def platform_sql(connection: BaseDatabaseWrapper, slug: str, data: str) -> str:
    """SQL for `platform_identifier` of the columns `slug` and `data`."""
    if connection.vendor == "sqlite":
        _register(connection, "simlane_platform_id", 2, platform_identifier)
        return f"simlane_platform_id({slug}, {data})"
    cases = []
    for simulator in KNOWN_SIMULATORS:
        slugs = ", ".join(f"'{each}'" for each in (simulator.slug, *simulator.aliases))
        forms = FORMS[simulator.kind]
        found = []
        for key in simulator.legacy_keys:
            given = f"CASE WHEN jsonb_typeof({data} -> '{key}') IN ('string', 'number') THEN {data} ->> '{key}' END"
            text = f"regexp_replace({given}, '[ \\t\\n\\r\\f\\v]+', '', 'g')"
            for form in forms:
                kept = f"substring({text} from {_literal(form.pattern)})"
                kept = f'lower({kept} COLLATE "C")' if form.lower else kept
                found.append(f"'{form.prefix}' || {kept}" if form.prefix else kept)
        keys = ", ".join(f"'{key}'" for key in simulator.legacy_keys)
        result = f"CASE WHEN {data} ?| ARRAY[{keys}] THEN COALESCE({', '.join(found)}) END"
        if usual := _KEPT.get(simulator.kind):
            # Most rows: the first key, with nothing around the id.
            text = f"({data} ->> '{simulator.legacy_keys[0]}')"
            result = f"CASE WHEN {text} ~ {_literal(forms[0].pattern)} THEN {usual.format(text)} ELSE {result} END"
        cases.append(f"WHEN {slug} IN ({slugs}) THEN {result}")
    return f"CASE {' '.join(cases)} END"


#: What a kind's first form keeps of a text that matches it, by less work than its pattern's group.
_KEPT = {
    "iracing": "ltrim({}, '0')",
    "raceroom": "ltrim({}, '0')",
    "steam": "right({}, 17)",
    "acc": "right({}, 17)",
}


def _register(connection: BaseDatabaseWrapper, name: str, arguments: int, function: Callable[..., Any]) -> None:
    connection.ensure_connection()
    connection.connection.create_function(name, arguments, function, deterministic=True)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _python_lower(connection: BaseDatabaseWrapper, column: str) -> str:
    """PostgreSQL's lower() depends on the server; this is Python's str.lower(), character by character.

    The server's own way is several times as fast as tables. It is taken where it gives what the running Python gives,
    which is asked of it; tables lower the names with one of the other characters.
    """
    collation, odd = _own_lower(connection)
    cases = [f'WHEN octet_length({column}) = char_length({column}) THEN lower({column} COLLATE "C")']
    own = f'lower({_sigmas(column)} COLLATE "{collation}") COLLATE "C"'
    if odd:
        cases.append(f"WHEN {column} ~ '{_character_class(odd)}' THEN {_lower_by_table(column)}")
    return f"CASE {' '.join(cases)} ELSE {own} END"


#: Behind it no character has a case; some, which choose how another one looks, are nothing beside a sigma.
LAST_CASED, SELECTORS = 0x1FFFF, range(0xE0000, 0xE0200)
_OWN_LOWER: dict[str, tuple[str, list[str]]] = {}


def _own_lower(connection: BaseDatabaseWrapper) -> tuple[str, list[str]]:
    """The server's collation to lower names by, and the characters that it lowers otherwise than Python."""
    database = connection.settings_dict["NAME"]
    if database not in _OWN_LOWER:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu')")
            collation = "und-x-icu" if cursor.fetchone()[0] else "default"
            cursor.execute(
                f"""SELECT letter, lowered FROM (
                    SELECT chr(code) AS letter, lower(chr(code) COLLATE "{collation}") AS lowered
                    FROM generate_series(1, {LAST_CASED}) AS code WHERE code NOT BETWEEN {0xD800} AND {0xDFFF}
                ) AS every_letter WHERE lowered <> letter"""
            )
            servers = dict(cursor.fetchall())
        ours = dict(_changed())
        _OWN_LOWER[database] = (
            collation,
            sorted(c for c in {*servers, *ours} if servers.get(c, c) != ours.get(c, c)),
        )
    return _OWN_LOWER[database]


def _sigmas(column: str) -> str:
    """The one rule that looks at a letter's neighbours is the capital sigma's."""
    final = f"replace(regexp_replace({column}, '{_final_sigma()}', 'ς', 'g'), 'Σ', 'σ')"
    return f"CASE WHEN strpos({column}, 'Σ') > 0 THEN {final} ELSE {column} END"


def _lower_by_table(column: str) -> str:
    """translate() looks through all of its table for every character."""
    source = "".join(c for c, lower in _changed() if len(lower) == 1)
    target = "".join(lower for _, lower in _changed() if len(lower) == 1)
    text = _sigmas(column)
    for upper, lower in _changed():
        if len(lower) > 1:
            text = f"replace({text}, '{upper}', '{lower}')"
    return f"translate({text}, '{source}', '{target}')"


def _all_characters() -> Iterator[str]:
    """Those that can matter: the planes between are ideographs' and private use. Halves and gaps have no case."""
    characters = map(chr, (*range(1, LAST_CASED + 1), *SELECTORS))
    return (c for c in characters if unicodedata.category(c) not in {"Cn", "Co", "Cs"})


@cache
def _changed() -> list[tuple[str, str]]:
    return [(c, c.lower()) for c in _all_characters() if c.lower() != c]


@cache
def _final_sigma() -> str:
    """Unicode 3.13: a sigma is final after a cased letter and not before one, accents and the like between ignored.

    Which characters are which is asked of str.lower() itself.
    """
    cased = (c for c in _all_characters() if f"AΣ{c}".lower()[1] == "σ")
    ignored = (c for c in _all_characters() if f"AΣ{c}".lower()[1] != "σ" and f"AΣ{c}A".lower()[1] == "σ")
    cased_class, ignored_class = _character_class(cased), _character_class(ignored)
    return f"(?<={cased_class}{ignored_class}*)Σ(?!{ignored_class}*{cased_class})"


def _character_class(characters: Iterable[str]) -> str:
    """A bracket expression of code point ranges, by number so that no character needs quoting."""
    ranges: list[list[int]] = []
    for code in map(ord, characters):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges) + "]"
