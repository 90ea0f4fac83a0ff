"""The platforms' own ids: every form one is met in leads to one text; what cannot be one is refused, and says why."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlane.sim.identity.identifiers import (
    KINDS,
    MAX_LENGTH,
    IdentifierKind,
    InvalidIdentifierError,
    normalise,
    normalise_or_none,
)
from simlane.sim.identity.platforms import KNOWN_SIMULATORS, known_simulator
from tests.soak import times

STEAM = "76561190000000001"


@pytest.mark.parametrize(
    ("slug", "given", "canonical"),
    [
        ("iracing", "123456", "123456"),
        ("iracing", 123456, "123456"),
        ("iracing", " 123 456 ", "123456"),
        ("iracing", "000123456", "123456"),
        ("assetto-corsa-competizione", f"S{STEAM}", STEAM),
        ("assetto-corsa-competizione", f"s{STEAM}", STEAM),
        ("assetto-corsa-competizione", STEAM, STEAM),
        ("assetto-corsa-competizione", "M2535400000000001", "M2535400000000001"),
        ("assetto-corsa-competizione", "m2535400000000001", "M2535400000000001"),
        ("assetto-corsa", f"https://steamcommunity.com/profiles/{STEAM}", STEAM),
        ("assetto-corsa", f"HTTP://www.SteamCommunity.com/profiles/{STEAM}/", STEAM),
        ("assetto-corsa", f"steamcommunity.com/profiles/{STEAM}/games?tab=all#top", STEAM),
        ("assetto-corsa", int(STEAM), STEAM),
        ("rfactor-2", STEAM, STEAM),
        ("le-mans-ultimate", f"S{STEAM}", STEAM),
        ("automobilista-2", STEAM, STEAM),
        ("raceroom", "0042", "42"),
        ("gran-turismo-7", "Some_Driver-1", "some_driver-1"),
    ],
)
def test_every_form_leads_to_the_canonical_text(slug: str, given: object, canonical: str) -> None:
    simulator = known_simulator(slug)
    assert simulator is not None
    assert normalise(simulator.kind, given) == canonical


@pytest.mark.parametrize(
    ("slug", "given"),
    [
        ("iracing", ""),
        ("iracing", "0"),
        ("iracing", "-5"),
        ("iracing", -5),
        ("iracing", "12345678901"),
        ("iracing", "12a"),
        ("iracing", "123456\n7x"),
        ("iracing", 12.0),
        ("iracing", True),
        ("iracing", None),
        ("iracing", 10**4000),
        ("iracing", "１２３"),
        ("iracing", "١٢٣"),
        ("assetto-corsa-competizione", "123"),
        ("assetto-corsa-competizione", "S1234567890123456"),
        ("assetto-corsa-competizione", "7656119000000000"),
        ("assetto-corsa-competizione", "76561190000000001x"),
        ("assetto-corsa-competizione", "M1"),
        ("assetto-corsa", "M2535400000000001"),
        ("assetto-corsa", "https://steamcommunity.com/id/somebody"),
        ("assetto-corsa", f"https://evil.example/profiles/{STEAM}"),
        ("gran-turismo-7", "ab"),
        ("gran-turismo-7", "1abc"),
        ("gran-turismo-7", "a" * 17),
    ],
)
def test_what_cannot_be_an_id_is_refused_and_says_what_one_looks_like(slug: str, given: object) -> None:
    simulator = known_simulator(slug)
    assert simulator is not None
    with pytest.raises(InvalidIdentifierError) as refused:
        normalise(simulator.kind, given)
    assert KINDS[simulator.kind].looks_like in str(refused.value)
    assert normalise_or_none(simulator.kind, given) is None


def test_older_slugs_name_the_same_simulator() -> None:
    assert {simulator.slug for simulator in KNOWN_SIMULATORS} == {
        "iracing",
        "assetto-corsa-competizione",
        "assetto-corsa",
        "rfactor-2",
        "le-mans-ultimate",
        "raceroom",
        "automobilista-2",
        "gran-turismo-7",
        "automobilista",
        "rfactor",
        "project-cars-2",
        "f1",
    }
    assert known_simulator("acc") is known_simulator("assetto-corsa-competizione")
    assert known_simulator("unheard-of") is None


@pytest.mark.soak
@settings(max_examples=times(100, soak=20_000))
@given(
    st.sampled_from(list(IdentifierKind)),
    st.text() | st.integers() | st.floats() | st.booleans() | st.none() | st.binary() | st.lists(st.integers()),
)
def test_any_value_is_an_id_or_refused_and_an_id_stays_what_it_is(kind: IdentifierKind, value: object) -> None:
    try:
        canonical = normalise(kind, value)
    except InvalidIdentifierError:
        return
    assert normalise(kind, canonical) == canonical
    assert 0 < len(canonical) <= MAX_LENGTH
    assert not any(character in canonical for character in " \t\n\r\f\v")
