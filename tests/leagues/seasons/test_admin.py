"""Seasons in the admin: staff look, change nothing by hand, and have standings made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from simlane.leagues.models import Round, Season
from simlane.leagues.seasons import entry_list
from simlane.users.models import User
from tests.leagues.conftest import signed_in
from tests.leagues.seasons.test_following import MARCH, A, B, plan, shown
from tests.results.standing import bring
from tests.results.test_versions import race

pytestmark = pytest.mark.django_db


def test_staff_look_at_seasons_and_have_standings_made_anew(
    spring: Season, tmp_path: Path, django_assert_max_num_queries: Any
) -> None:
    plan(spring, 1, 3, 1)
    entry_list.take(spring, b"driver,team\nNora Name,Amber\n")
    bring(tmp_path, (MARCH, race(A, B)), league=spring.league)
    shown(spring)
    staff = signed_in(User.objects.create_superuser("boss"))
    page = reverse("admin:leagues_season_change", args=[spring.pk])
    changelist = reverse("admin:leagues_season_changelist")
    for number in range(2, 12):
        Round.objects.create(season=spring, number=number)
    with django_assert_max_num_queries(12):
        found = staff.get(page).content.decode()
    assert all(text in found for text in ("Alice Amber", "Nora Name", "Test League"))
    staff.post(page, {"name": "Autumn", "slug": "autumn"})
    assert Season.objects.get().name == "Spring"
    assert "Sunday Cup" in staff.get(changelist, {"q": "sunday"}).content.decode()
    spring.standings.update(points=0)
    staff.post(changelist, {"action": "make_anew", "_selected_action": [spring.pk]})
    assert shown(spring) == ["1 Alice Amber 25", "2 Bob Birch 18"]
