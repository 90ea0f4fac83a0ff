"""The staff's rollout page in a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from simlane.monitoring.models import MissingAddress, SearchTimes, SlowSearch
from simlane.sim.models import SimProfile
from simlane.upgrade.models import UpgradeStep
from simlane.users.models import User
from tests.browser.accessibility import assert_every_look

ROLLOUT = "/staff/rollout/"


@pytest.fixture
def staff(demo: None) -> User:
    """Staff, on a site where all there is to watch has happened."""
    user = User.objects.create_user("steward", is_staff=True)
    now = timezone.now()
    for number, profile in enumerate(SimProfile.objects.filter(is_public=True)[:12]):
        profile.link_to_user(user, verified=True)
        linked_at = now - timedelta(days=number * number % 17)
        SimProfile.objects.filter(pk=profile.pk).update(linked_at=linked_at)
    for back in range(0, 28, 2):
        day = now.date() - timedelta(days=back)
        for number in range(4):
            path = f"/profiles/iracing/a-driver-who-is-not-there-{number}/" + "<b>x</b>" * (number * 5)
            MissingAddress.objects.create(day=day, path=path[:200], count=(back * 7 + number) % 31 + 1)
        for bound in (5, 20, 100):
            SearchTimes.objects.create(day=day, up_to_ms=bound, count=(back * 3 + bound) % 90 + 5)
        SlowSearch.objects.create(day=day, milliseconds=200 + back, length=12, words=2, simulator="iracing")
    MissingAddress.objects.create(day=now.date(), path="", count=900)
    for name, failed in (("expand", False), ("backfill", True)):
        UpgradeStep.objects.create(
            name=name, started_at=now, finished_at=None if failed else now, failed=failed, detail="9 rows of 10" * 9
        )
    return user


def test_it_is_accessible_and_fits(page: Page, staff: User, sign_in) -> None:
    sign_in(staff)
    page.goto("/")
    page.get_by_role("link", name="Rollout").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rollout")
    for closed in page.locator("details").all():
        closed.locator("summary").click()
    assert_every_look(page)


def test_each_chart_is_drawn_and_has_a_table(page: Page, staff: User, sign_in) -> None:
    sign_in(staff)
    page.goto(ROLLOUT)
    for name in ("links", "missing", "searches"):
        drawn = (
            f"document.getElementById('{name}-chart').getContext('2d').getImageData(0, 0, 2000, 800).data.some(Boolean)"
        )
        page.wait_for_function(drawn)
    expect(page.locator("details table")).to_have_count(3)
    expect(page.locator("b")).to_have_count(0)


def test_without_scripts_the_tables_tell_all(new_page, staff: User, sign_in) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(staff, on=page)
    page.goto(ROLLOUT)
    expect(page.locator("canvas").first).to_be_hidden()
    page.get_by_text("404s as a table").click()
    page.get_by_role("region", name="Table of 404s by day").get_by_role("link").first.click()
    expect(page.get_by_role("link", name="all days")).to_be_visible()
