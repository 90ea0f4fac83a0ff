"""Which tables no page for visitors shows. A page that reads one of them is not kept: see config.pages.warm."""

from __future__ import annotations

import re

#: Whole families, by how their names begin.
_NEVER = re.compile(
    r"account_|auth_|config_|django_|kept_|mfa_|pg_|pragma_|socialaccount_|sqlite_|upgrade_|watch_|"
    r"leagues_(invitation|namerequest|report|token|upload)|"
    r"sim_(claim|historyentry|linkreminder|oldreleasewrite|ownershipcode)|"
    # Laps that are on their way into partitions, or back: pages read them by the one name all the time.
    r"sim_lap_|"
    r"users_(daily|mailchoice|notification)",
    re.IGNORECASE,
)
_READ = re.compile(r'\b(?:FROM|JOIN)\s+"?(\w+)"?', re.IGNORECASE)


def is_shown(table: str) -> bool:
    """Whether a page for visitors may show it: every table does that is not known not to."""
    return not _NEVER.match(table)


def unwatched(statements: list[str]) -> set[str]:
    """Tables that the statements read, and whose changes no version knows."""
    return {table for sql in statements for table in _READ.findall(sql) if not is_shown(table)}
