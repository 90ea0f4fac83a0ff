"""What `upgrade_profiles plan` finds in the rows: platform ids, who shares one, and simulators without a known slug."""

from __future__ import annotations

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.identifier_sql import NAME_LENGTH, platform_sql
from simlane.sim.legacy.known_simulators import KNOWN_SIMULATORS, KnownSimulator, known_simulator
from simlane.sim.models.simulator import RESERVED_SLUGS
from simlane.upgrade.plan.facts import Facts
from simlane.upgrade.state import TABLE

SHOWN = 10


def count(database: BaseDatabaseWrapper, found: Facts) -> None:
    """How many profiles and accounts there are."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {TABLE}")
        found.rows = cursor.fetchone()[0]
        cursor.execute("SELECT COUNT(*) FROM users_user")
        found.accounts = cursor.fetchone()[0]


def identifiers(database: BaseDatabaseWrapper, found: Facts) -> None:
    """Who has a platform's id, who shares one, whose name will be cut in the fallback."""
    platform = platform_sql(database, "s.slug", "p.profile_data")
    ids = f"""SELECT p.id, p.user_id, s.slug, p.profile_name, p.created_at, {platform} AS platform_id
        FROM {TABLE} p JOIN sim_simulator s ON s.id = p.simulator_id"""
    groups = f"""SELECT slug, platform_id, COUNT(*) AS claims FROM ({ids}) AS found WHERE platform_id IS NOT NULL
        GROUP BY slug, platform_id"""
    with transaction.atomic(database.alias), database.cursor() as cursor:
        if database.vendor == "postgresql":
            # To compile the expressions takes longer than to run them.
            cursor.execute("SET LOCAL jit = off")
        cursor.execute(
            f"""SELECT COALESCE(SUM(claims), 0), COUNT(CASE WHEN claims > 1 THEN 1 END),
            COALESCE(SUM(CASE WHEN claims > 1 THEN claims END), 0) FROM ({groups}) AS grouped"""
        )
        with_id, contested_ids, contested_profiles = map(int, cursor.fetchone())
        cursor.execute(f"SELECT COUNT(*) FROM {TABLE} WHERE length(profile_name) > {NAME_LENGTH}")
        found.names_cut = cursor.fetchone()[0]
        if contested_ids:
            cursor.execute(
                f"""SELECT g.slug, g.platform_id, f.id, f.profile_name, u.username FROM
                (SELECT * FROM ({groups}) AS all_groups WHERE claims > 1 ORDER BY slug, platform_id LIMIT {SHOWN}) AS g
                JOIN ({ids}) AS f ON f.slug = g.slug AND f.platform_id = g.platform_id
                JOIN users_user u ON u.id = f.user_id ORDER BY g.slug, g.platform_id, f.created_at, f.id"""
            )
            found.contested = [
                {"simulator": slug, "identifier": identifier, "profile": str(key), "name": name, "owner": owner}
                for slug, identifier, key, name, owner in cursor.fetchall()
            ]
    found.with_platform_id, found.with_fallback = with_id, found.rows - with_id
    found.contested_ids, found.contested_profiles = contested_ids, contested_profiles


def simulators(database: BaseDatabaseWrapper, found: Facts) -> None:
    """Slugs that stop the upgrade, and slugs by which no platform's id is found."""
    with database.cursor() as cursor:
        cursor.execute(
            f"""SELECT s.id, s.name, s.slug, COUNT(p.id) FROM sim_simulator s
            LEFT JOIN {TABLE} p ON p.simulator_id = s.id GROUP BY s.id, s.name, s.slug ORDER BY s.id"""
        )
        rows = cursor.fetchall()
    known: dict[str, list[str]] = {}
    for key, name, slug, profiles in rows:
        if not slug:
            found.hindrances.append(f"Simulator {key} ({name!r}) has an empty slug: give it one (docs/upgrade.md).")
        elif slug in RESERVED_SLUGS:
            found.warnings.append(
                f"Simulator {name!r} has the slug {slug!r}, an address of the site itself: it becomes {slug}-{key}."
            )
        elif simulator := known_simulator(slug):
            known.setdefault(simulator.slug, []).append(slug)
        else:
            found.warnings.append(
                f"Simulator {name!r}: its slug {slug!r} is none that has platform ids, so its {profiles:,} profiles "
                f"get an id of their name{_hint(meant(name, slug))}."
            )
    for known_slug, slugs in known.items():
        if len(slugs) > 1:
            found.warnings.append(
                f"{' and '.join(map(repr, slugs))} are both {known_slug}: one driver has a profile on each."
            )


def meant(*texts: str) -> KnownSimulator | None:
    """The known simulator that one of these names or slugs means, however it is spaced and capitalised."""

    def plain(text: str) -> str:
        return "".join(c for c in text.casefold() if c.isalnum())

    given = {plain(text) for text in texts}
    for simulator in KNOWN_SIMULATORS:
        if given & {plain(each) for each in (simulator.name, simulator.slug, *simulator.aliases)}:
            return simulator
    return None


def _hint(simulator: KnownSimulator | None) -> str:
    return f"; if it is {simulator.name}, give it the slug {simulator.slug!r} first" if simulator else ""
