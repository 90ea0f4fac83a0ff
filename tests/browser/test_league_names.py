"""A name of a league becomes a member's, and a drive that was not theirs is detached; how those pages look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from simlane.leagues import detachments, names, people, reports
from simlane.leagues.models import Membership
from simlane.sim.models import EntryDriver, Event, League, LeagueDriver, SimProfile, Simulator
from simlane.users.models import User
from tests.browser.accessibility import assert_accessible, assert_fits
from tests.browser.looks import each_look
from tests.leagues.conftest import account
from tests.leagues.test_names import ID, race
from tests.results.standing import bring

AT = "/leagues/sunday-cup/"
LONG = "Maximilian-Alexander Dietrich"


@pytest.fixture
def sam(transactional_db: None) -> User:
    """Has a verified profile without results."""
    sam = account("sam")
    SimProfile.objects.create(
        simulator=Simulator.objects.get(slug="assetto-corsa-competizione"), profile_identifier=ID,
        profile_name="Sam Sample", linked_user=sam, linked_at=timezone.now(), is_verified=True,
    )  # fmt: skip
    return sam


@pytest.fixture
def league(transactional_db: None, tmp_path: Path) -> League:
    """Olga owns it, Otto organises it; two races of which nobody says who Max is."""
    league = people.make(account("olga"), League(name="Sunday Cup", slug="sunday-cup", trusted=True))
    Membership.objects.create(league=league, user=account("otto"))
    races = [race(0), race(1, max_number=77), race(2, name=LONG, max_number=9)]
    assert not bring(tmp_path, *races, league=league).refused
    return league


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_name_becomes_a_members_and_what_they_did_not_drive_does_not(
    new_page: Callable[..., Page], site: str, sign_in, sam: User, league: League, scripts: bool
) -> None:
    organiser, member = (new_page(java_script_enabled=scripts) for _ in range(2))
    sign_in(User.objects.get(username="otto"), organiser)
    sign_in(sam, member)
    organiser.goto(f"{site}{AT}")
    organiser.get_by_role("link", name="Drivers by name").click()
    organiser.get_by_label("Name", exact=True).fill("MAX M")
    organiser.get_by_role("button", name="Find").click()
    expect(organiser.get_by_text(LONG)).to_have_count(0)
    organiser.get_by_role("link", name="Max Müller").click()
    organiser.get_by_label("Username of a member").fill("sam")
    organiser.get_by_role("button", name="Ask").click()
    expect(organiser.get_by_role("status")).to_contain_text("They are asked")

    member.goto(f"{site}/users/notifications/")
    member.get_by_role("button", name="Answer").or_(member.get_by_role("link", name="Answer")).first.click()
    expect(member.get_by_role("heading", level=1)).to_have_text("Are you Max Müller?")
    member.get_by_label("Sam Sample").check()
    member.get_by_role("button", name="That is me").click()
    expect(member.get_by_role("status")).to_contain_text("stand on your profile now")
    profile = SimProfile.objects.get(profile_identifier=ID)
    assert profile.starts == 2

    event = Event.objects.order_by("starts_at")[0]
    member.goto(f"{site}{event.get_absolute_url()}")
    member.get_by_role("link", name="That is not me").click()
    expect(member.get_by_label("What did you not drive?")).to_have_value(str(profile.pk))
    member.get_by_label("Say what is wrong").fill("My brother drove.")
    member.get_by_role("button", name="Send").click()

    organiser.goto(f"{site}{AT}reports/")
    organiser.get_by_role("button", name="Agree: it was not them").click()
    expect(organiser.get_by_role("status")).to_contain_text("every figure follows")
    profile.refresh_from_db()
    assert profile.starts == 1
    member.goto(f"{site}{event.get_absolute_url()}")
    expect(member.get_by_role("cell", name="Max Müller").get_by_role("link")).to_have_count(0)

    organiser.goto(f"{site}{AT}drivers/{LeagueDriver.objects.get(folded='max muller').pk}/")
    organiser.get_by_role("button", name="Undo the tie").click()
    expect(organiser.get_by_role("status")).to_contain_text("nobody's profile's again")
    assert not EntryDriver.objects.filter(profile=profile).exists()


def pages(sam: User) -> list[tuple[User | None, str]]:
    """Who looks at what: a name that is nobody's, one that is set apart, one that is tied, one that is asked about."""
    otto = User.objects.get(username="otto")
    max_, long = LeagueDriver.objects.get(folded="max muller"), LeagueDriver.objects.get(name__startswith=LONG)
    second = names.part(max_, "77", otto)
    names.ask(long, "sam", otto)
    request = names.ask(second, "sam", otto)
    names.accept(request, SimProfile.objects.get(profile_identifier=ID))
    event = EntryDriver.objects.filter(league_driver=second).get().entry.session.event
    profile = SimProfile.objects.get(profile_identifier=ID)
    detachments.agree(reports.report(event, sam, "not_me", "My brother drove that evening.", profile), otto)
    reports.report(event, sam, "not_me", "And he drove the other session.", profile, 1)
    return [
        (None, f"{AT}drivers/"), (None, f"{AT}drivers/?q=nobody"), (None, event.get_absolute_url()),
        (otto, f"{AT}drivers/"), *((otto, f"{AT}drivers/{each.pk}/") for each in (max_, second, long)),
        (otto, f"{AT}reports/"), (sam, f"{AT}drivers/{long.pk}/answer/"),
        (sam, f"/leagues/reports/{event.pk}/?kind=not_me"),
    ]  # fmt: skip


@each_look
def test_the_pages_of_names_are_accessible_and_fit(page: Page, sign_in, sam: User, league: League, width: int) -> None:
    for user, address in pages(sam):
        page.context.clear_cookies()
        if user:
            sign_in(user)
        page.goto(address)
        assert_fits(page, width)
        assert_accessible(page)
