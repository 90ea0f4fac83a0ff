"""How times, gaps and names are written."""

from __future__ import annotations

import pytest

from simlane.profiles.templatetags.racing import gap, initials, lap_time, places_gained


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(102_318, "1:42.318"), (59_999, "0:59.999"), (0, "0:00.000"), (3_723_004, "1:02:03.004"), (None, "–")],
)
def test_a_lap_time(milliseconds: int | None, text: str) -> None:
    assert lap_time(milliseconds) == text


@pytest.mark.parametrize(("milliseconds", "text"), [(3_412, "+3.412"), (62_001, "+1:02.001"), (0, ""), (None, "")])
def test_a_gap(milliseconds: int | None, text: str) -> None:
    assert gap(milliseconds) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Marta Sandqvist", "MS"),
        ("Zoë", "ZO"),
        ("Jean-Luc de la Tour", "JT"),
        ('Bob "The" Birch', "BB"),
        ("", "?"),
        ("★", "★"),
    ],
)
def test_initials(name: str, text: str) -> None:
    assert initials(name) == text


def test_places_gained() -> None:
    assert places_gained(3, 7) == 4
    assert places_gained(9, 7) == -2
    assert places_gained(None, 7) is None
