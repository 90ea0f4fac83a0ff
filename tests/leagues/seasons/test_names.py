"""Standings follow where a name is set apart, tied to a profile, or nobody's again."""

from __future__ import annotations

from pathlib import Path

import pytest

from simlane.leagues.models import Season
from simlane.results import tying
from simlane.users.models import User
from tests.leagues.conftest import account
from tests.leagues.seasons.test_following import plan, shown
from tests.leagues.test_names import ID, of, race
from tests.results.standing import bring

pytestmark = pytest.mark.django_db


@pytest.fixture
def otto(db: None) -> User:
    return account("otto")


def test_standings_follow_whose_a_name_is(spring: Season, tmp_path: Path, otto: User) -> None:
    plan(spring, 1, 6, 1)
    plan(spring, 2, 6, 8)
    bring(tmp_path, race(0), race(1, max_number=77), league=spring.league)
    together = ["1 Max Müller 50", "2 Bob Birch 36"]
    assert shown(spring) == together
    second = tying.part(of(), "77", by=otto.pk)
    assert shown(spring)[0] == "1 Bob Birch 36"
    assert sorted(each.split(" ", 1)[1] for each in shown(spring)) == [
        "Bob Birch 36", "Max Müller 25", "Max Müller 25",
    ]  # fmt: skip
    profile = tying.tie_to_identifier(second, ID, by=otto.pk)
    assert shown(spring)[0] == "1 Bob Birch 36"
    assert spring.standings.get(profile=profile.pk, kind="driver").points == 25
    tying.join(second, by=otto.pk)
    assert shown(spring) == together
