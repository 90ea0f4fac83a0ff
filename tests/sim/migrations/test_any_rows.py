"""Old rows of any content: forward, back and forward again loses nothing."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simlane.sim.identity.identifiers import normalise_or_none
from simlane.sim.integrity import findings
from simlane.sim.legacy.known_simulators import known_simulator
from tests.sim.migrations.conftest import HEAD, LEGACY, LEGACY_COLUMNS, Migrate, Old, at_legacy, dump
from tests.soak import times

# What both databases can hold: no NUL, no halves of a surrogate pair.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=255)
ODD = [
    "Same Name",
    "same name",
    "same  name",
    "SAME NAME ",
    "ΣΑΣ",
    "İ",
    "",
    " ",
    "Ü" * 255,
    "X" * 255,
    "'; DROP TABLE x --",
]
NAMES = TEXT | st.sampled_from(ODD)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
IDS = st.sampled_from(["5", "005", " 5", 5, "6", 6]) | TEXT | NUMBERS | st.none() | st.booleans()
DATA = st.dictionaries(st.sampled_from(["cust_id", "customer_id", "player_id", "x"]), IDS, max_size=3) | st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | TEXT, lambda inner: st.lists(inner, max_size=3)
).filter(lambda value: value is not None)
ROWS = st.lists(
    st.tuples(NAMES, DATA, st.sampled_from("ab"), st.sampled_from(["iracing", "acc", "home-brew"]), st.booleans()),
    min_size=60,
    max_size=90,
    # The first that hypothesis thinks of are all alike.
).filter(lambda rows: len({name for name, *_ in rows}) > 20)
TABLES = ("sim_simprofile", "sim_profilename", "sim_contestedidentifier", "sim_legacyprofile")


def platform_id(simulator: str, data: object) -> str | None:
    """The first of the simulator's keys that holds a real id, as the rules say it."""
    known = known_simulator(simulator)
    if known is None or not isinstance(data, dict):
        return None
    found = [normalise_or_none(known.kind, data[key]) for key in known.legacy_keys if key in data]
    return next((identifier for identifier in found if identifier), None)


@pytest.mark.soak
# A migration takes seconds however few the rows: many rows a time find more than many times, and to look for the
# smallest rows that fail would take minutes.
@settings(
    max_examples=times(1, soak=30),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(rows=ROWS)
def test_forward_back_and_forward_loses_nothing(migrate: Migrate, rows: list[tuple]) -> None:
    apps = at_legacy()
    for name in ("SimProfile", "Simulator"):
        apps.get_model("sim", name).objects.all().delete()
    old = Old(apps)
    expected: dict[UUID, str] = {}
    taken = set()
    claims: dict[tuple[str, str], list[UUID]] = {}
    for name, data, user, simulator, verified in rows:
        key = old.profile(name, data, user=user, simulator=simulator, verified=verified)
        own = platform_id(simulator, data)
        if own is not None:
            claims.setdefault((simulator, own), []).append(key)
        if own is None or (simulator, own) in taken:
            own = f"{name.lower().replace(' ', '-')[:218]}-{key}"
        taken.add((simulator, own))
        expected[key] = own
    before = dump("sim_simprofile", LEGACY_COLUMNS)

    profiles = migrate(HEAD).get_model("sim", "SimProfile").objects
    contested = {key for keys in claims.values() if len(keys) > 1 for key in keys}
    assert dict(profiles.values_list("pk", "profile_identifier")) == expected
    assert dict(profiles.values_list("pk", "is_verified")) == {key: key not in contested for key in expected}
    assert not [(finding.check, finding.first) for finding in findings() if finding.count]
    after = {table: dump(table) for table in TABLES}

    migrate(LEGACY)
    assert dump("sim_simprofile", LEGACY_COLUMNS) == before
    migrate(HEAD)
    assert {table: dump(table) for table in TABLES} == after
