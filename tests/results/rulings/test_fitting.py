"""Which entry of another version a ruling is about: never somebody else's."""

from __future__ import annotations

import pytest

from simlane.results.parsed import ParsedDriver, ParsedEntry
from simlane.results.rulings.fitting import GONE, SEVERAL, NoFitError, Target, find


def entry(number: str, *drivers: tuple[str | None, str], team: str = "") -> ParsedEntry:
    return ParsedEntry(
        None, [ParsedDriver(name, identifier) for identifier, name in drivers], car_number=number, team_name=team
    )


ALICE, BOB, NAME_ONLY = ("1", "Alice"), ("2", "Bob"), (None, "Cara Cyan")
SAID = [entry("8", ALICE), entry("9", BOB), entry("10", NAME_ONLY)]


def row(target: int, entries: list[ParsedEntry], said: list[ParsedEntry] = SAID) -> int | str:
    try:
        return find(Target.of(target, said[target]), entries)
    except NoFitError as problem:
        return str(problem)


@pytest.mark.parametrize(
    ("target", "entries", "found"),
    [
        (0, SAID, 0),
        # In another place, under another number and name.
        (0, [entry("9", BOB), entry("77", ("1", "Alicia Amber"))], 1),
        # The file has the id now, or has it no more.
        (2, [entry("9", BOB), entry("10", ("3", "cara CYAN"))], 1),
        (0, [entry("9", BOB), entry("8", (None, "Alice"))], 1),
        # Somebody else in the car, of another id under the same name, or nobody at all.
        (0, [entry("8", BOB)], GONE),
        (0, [entry("8", ("4", "Alice"))], GONE),
        (0, [entry("8")], GONE),
        # Two lines of one driver: the car's number tells them apart, then the place.
        (0, [entry("3", ALICE), entry("8", ALICE)], 1),
        (1, [entry("8", ALICE), entry("9", BOB), entry("9", BOB)], 1),
        (1, [entry("9", BOB), entry("8", ALICE), entry("9", BOB)], SEVERAL),
        # A crew is found by any of its drivers.
        (0, [entry("1", BOB), entry("2", ("5", "Eve"), ALICE)], 1),
    ],
)
def test_the_driver_decides(target: int, entries: list[ParsedEntry], found: int | str) -> None:
    assert row(target, entries) == found


def test_a_car_of_nobody_named_is_found_by_team_and_number() -> None:
    said = [entry("1", team="Red"), entry("2", team="Red"), entry("3", (None, ""))]
    assert row(1, [entry("2", team="Red"), entry("1", team="Red")], said) == 0
    assert row(1, [entry("2", team="Blue")], said) == GONE
    assert row(1, [entry("2", ALICE, team="Red")], said) == GONE


def test_a_target_is_kept_as_it_was_and_in_words() -> None:
    target = Target.of(3, entry("8", ALICE, NAME_ONLY))
    assert Target.read(target.stored()) == target
    assert [str(Target.of(4, each)) for each in (entry("8", ALICE), entry("", team="Red"), entry(""))] == [
        "#8 Alice", "Red", "Line 5"
    ]  # fmt: skip
