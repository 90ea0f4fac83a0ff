"""The slugs that an install's simulators get: by the mapping file, since they decide whose ids count."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.utils.text import slugify

from simlane.sim.models.simulator import RESERVED_SLUGS
from simlane.upgrade.adoption.acts import literal
from simlane.upgrade.adoption.mapping import Mapping
from simlane.upgrade.schema import Table


def listed(table: Table) -> list[tuple[str, str]]:
    """Key, as text, and name of each."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT id::text, name FROM "{table.name}" ORDER BY name, id')
        return [(str(key), str(name)) for key, name in cursor.fetchall()]


def mistakes(mapping: Mapping, table: Table) -> Iterator[str]:
    """What is wrong with the section `[simulators]`."""
    if not {"id", "name"} <= set(table.columns):
        yield f"{table.name} has no id or no name: only simulators with both can be adopted."
        return
    if "slug" in table.columns:
        if mapping.slugs:
            yield f"[simulators] {table.name} has slugs already: leave this section out, and change them there."
        return
    rows = listed(table)
    names = [name for _, name in rows]
    taken: dict[str, str] = {}
    for key, name in rows:
        slug = mapping.slugs.get(key) or mapping.slugs.get(name)
        if slug is None:
            yield f'[simulators] {name!r} has no slug: add "{name}" = "...".'
            continue
        if slugify(slug) != slug or slug in RESERVED_SLUGS or len(slug) > 100:
            reserved = " or ".join(map(repr, RESERVED_SLUGS))
            yield f"[simulators] {name!r}: {slug!r} cannot be a slug (small letters, digits and -; not {reserved})."
        if slug in taken:
            yield f"[simulators] {taken[slug]!r} and {name!r} have the same slug {slug!r}."
        taken[slug] = name
    yield from (
        f"[simulators] {name!r}: no simulator has this name or key."
        for name in mapping.slugs
        if name not in names and name not in {key for key, _ in rows}
    )
    yield from (
        f"simulators {name!r}: {names.count(name)} have this name, and no two may: rename the others first."
        for name in sorted(set(names))
        if names.count(name) > 1
    )


def slug_expression(mapping: Mapping, table: Table, row: str, key: str) -> str:
    """The slug of a row: by the mapping, or for one that came later a slug of its name and key."""
    cases = [
        f"WHEN {literal(each)} THEN {literal(mapping.slugs.get(each) or mapping.slugs[name])}"
        for each, name in listed(table)
    ]
    later = f"left(trim(both '-' from regexp_replace(lower({row}.name), '[^a-z0-9]+', '-', 'g')), 60)"
    later = f"{later} || '-' || left(md5({row}.\"{key}\"::text), 8)"
    return f'CASE {row}."{key}"::text {" ".join(cases)} ELSE {later} END' if cases else later
