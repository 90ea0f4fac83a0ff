"""The findings of `upgrade_profiles plan` as lines for a person."""

from __future__ import annotations

from simlane.sim.legacy.identifier_sql import NAME_LENGTH
from simlane.upgrade.plan.facts import Facts
from simlane.upgrade.state import State

ADOPT = (
    "The schema is not the old release's at sim.0008. If it is an install of your own making, "
    "upgrade_profiles adopt --propose writes a mapping file to begin with: see docs/upgrade.md."
)


def lines(found: Facts) -> list[str]:
    """The findings in the order they matter in; what stops the upgrade comes last."""
    text = [found.sentence]
    if not found.differences:
        text.append(f"{found.rows:,} profiles, {found.accounts:,} accounts, {len(found.pending)} migrations to apply")
        if found.state == State.LEGACY:
            text += _rows(found)
        if found.state in {State.LEGACY, State.UPGRADING}:
            text += _costs(found)
    text += [f"Will grant {each}" for each in found.grants]
    text += [f"Note: {each}" for each in found.warnings]
    text += [f"STOP at the contract: {each}" for each in found.contract_hindrances]
    text += [f"DIFFERS: {each}" for each in found.differences]
    if found.differences:
        text.append(ADOPT)
    text += [f"STOP: {each}" for each in found.hindrances]
    return text


def _rows(found: Facts) -> list[str]:
    return [
        f"  {found.with_platform_id:,} have their platform's id, {found.with_fallback:,} get one of their name",
        f"  {found.contested_ids:,} ids are claimed by {found.contested_profiles:,} profiles: none is verified",
        *(
            f"    {each['simulator']} {each['identifier']}: {each['name']!r} of {each['owner']} ({each['profile']})"
            for each in found.contested
        ),
        f"  {found.names_cut:,} names are longer than {NAME_LENGTH} letters: cut in the identifier, kept as names",
    ]


def _costs(found: Facts) -> list[str]:
    text = [f"{'step':<18} {'about':>8}  what it locks"]
    text += [f"{name:<18} {found.seconds[name]:>6.1f} s  {found.locks[name]}" for name in found.seconds]
    free = f"; {size(found.disk_free)} free" if found.disk_free is not None else ""
    text.append(f"Disk: the database grows by up to {size(found.disk_needed)}{free}.")
    if found.wal_bytes:
        text.append(
            f"WAL: up to {size(found.wal_bytes)} are written; they stay on disk as long as an archive, a replica or "
            "a replication slot has not taken them."
        )
    if found.backup_bytes:
        text.append(f"Backup: up to {size(found.backup_bytes)} where it is written.")
    return text


def size(number: int | None) -> str:
    """Megabytes, as disks are sold."""
    return f"{(number or 0) / 1e6:,.0f} MB"
