"""The findings of `upgrade_profiles plan`, for the rest of the code and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Facts:
    """What was found; times in seconds, sizes in bytes."""

    state: str
    sentence: str
    pending: list[str]
    rows: int = 0
    accounts: int = 0
    with_platform_id: int = 0
    with_fallback: int = 0
    contested_ids: int = 0
    contested_profiles: int = 0
    contested: list[dict[str, Any]] = field(default_factory=list)
    names_cut: int = 0
    table_bytes: int = 0
    #: What the database's files grow by at most; then what the server writes to its log, and the backup's file.
    disk_needed: int = 0
    wal_bytes: int = 0
    backup_bytes: int = 0
    #: None where the server's disk cannot be seen from here.
    disk_free: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    locks: dict[str, str] = field(default_factory=dict)
    #: What new tables and sequences will be shared with other roles.
    grants: list[str] = field(default_factory=list)
    #: How the schema differs from the old release's; `adopt` can bring such a database to it.
    differences: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    #: What stops `run --contract`, though not the steps before it.
    contract_hindrances: list[str] = field(default_factory=list)
    #: What stops the upgrade, differences apart.
    hindrances: list[str] = field(default_factory=list)

    @property
    def stops(self) -> list[str]:
        """Every line because of which the upgrade does not begin."""
        return [*self.differences, *self.hindrances]


def as_json(found: Facts) -> dict[str, Any]:
    """All of it."""
    return asdict(found)
