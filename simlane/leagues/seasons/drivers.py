"""Who a drive is of within a season: the profile, or else the name, which is one driver within its league (rule 11).

An organiser may set apart by a car number who else drives under the name: see LeagueDriver.
"""

from __future__ import annotations

from uuid import UUID

from simlane.sim.identity.names import fold
from simlane.sim.ownership.code_text import without_codes

#: What a key begins with that is a name's.
NAME = "n:"


def key_of(profile: UUID | None, name: str, apart: str = "") -> str:
    """The key of who drove, by the profile, or the name that the file gave and the car number that sets them apart.

    Empty for nobody.
    """
    if profile is not None:
        return f"p:{profile}"
    folded = fold(without_codes(name))
    return f"{NAME}{folded}{f' #{apart}' if apart else ''}" if folded else ""
