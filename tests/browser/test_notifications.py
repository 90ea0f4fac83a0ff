"""What a member hears of, in a browser: the bell, the list, the choice of e-mails, the way out of a mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import transaction
from playwright.sync_api import Page, expect

from simlane.sim.models import SimProfile
from simlane.sim.ownership.events import Kind, OwnershipEvent, notify
from simlane.users.models import Notification, User
from tests.browser.accessibility import assert_every_look


@pytest.fixture
def marta(demo: None) -> SimProfile:
    return SimProfile.objects.select_related("simulator").get(profile_identifier="9100001")


@pytest.fixture
def member(site: str) -> User:
    user = User.objects.create_user("marta", "marta@example.org", "correct horse battery")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def happen(kind: Kind, user: User, profile: SimProfile, **detail: str | int) -> None:
    with transaction.atomic():
        notify([OwnershipEvent(kind, user.pk, profile, detail)])


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def visitor(request: pytest.FixtureRequest, new_page: Callable[..., Page]) -> Page:
    """A member's browser, with JavaScript and without."""
    return new_page(java_script_enabled=request.param)


def test_the_bell_rings_is_read_and_falls_silent(
    visitor: Page, site: str, marta: SimProfile, member: User, sign_in: Callable[..., None]
) -> None:
    page = visitor
    sign_in(member, on=page)
    page.goto(f"{site}/")
    bell = page.get_by_role("banner").get_by_role("link", name=re.compile("^Notifications"))
    expect(bell).to_have_accessible_name("Notifications")

    # I link my profile, it is verified, somebody disputes it.
    page.goto(f"{site}/users/profile/sim-profiles/link/{marta.pk}/")
    page.get_by_role("button", name="This is me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My Sim Profiles")
    expect(bell).to_have_accessible_name("Notifications, 1 new")
    happen(Kind.VERIFIED, member, marta)
    happen(Kind.DISPUTED, member, marta)
    page.reload()
    expect(bell).to_have_accessible_name("Notifications, 3 new")

    bell.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Notifications")
    items = page.get_by_role("main").get_by_role("listitem")
    expect(items).to_have_count(3)
    expect(items.first).to_contain_text("Whose profile is Marta Sandqvist?")
    page.get_by_role("button", name="Mark as read: Whose profile").click()
    expect(bell).to_have_accessible_name("Notifications, 2 new")
    expect(items.first).not_to_contain_text("New")

    # Where it leads, it is read.
    page.get_by_role("button", name="Verify your ownership: Linked").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Marta Sandqvist")
    expect(bell).to_have_accessible_name("Notifications, 1 new")

    bell.click()
    page.get_by_role("button", name="Mark all as read").click()
    expect(bell).to_have_accessible_name("Notifications")
    expect(page.get_by_role("button", name="Mark all as read")).to_have_count(0)
    expect(items).to_have_count(3)


def test_i_choose_my_mails_and_leave_by_a_mail(
    visitor: Page, site: str, marta: SimProfile, member: User, sign_in: Callable[..., None]
) -> None:
    page = visitor
    sign_in(member, on=page)
    page.goto(f"{site}/users/profile/")
    page.get_by_role("navigation", name="Account").get_by_role("link", name="Notifications").click()
    expect(page.get_by_text("marta@example.org")).to_be_visible()
    expect(page.get_by_label("Claims and disputes")).to_be_checked()
    expect(page.get_by_label("What you do yourself")).not_to_be_checked()
    page.get_by_label("Claims and disputes").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    expect(page.get_by_label("Claims and disputes")).not_to_be_checked()

    happen(Kind.DISPUTED, member, marta)
    assert not mail.outbox
    happen(Kind.VERIFIED, member, marta)
    (message,) = mail.outbox
    way_out = urlsplit(message.extra_headers["List-Unsubscribe"].strip("<>")).path

    # Later, on another machine, signed in nowhere.
    page.context.clear_cookies()
    page.goto(f"{site}{way_out}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Stop these e-mails?")
    page.get_by_role("button", name="Stop these e-mails").click()
    expect(page.get_by_role("status")).to_contain_text("Whose profile it is")
    happen(Kind.VERIFIED, member, marta)
    assert len(mail.outbox) == 1
    assert Notification.objects.count() == 3
    page.get_by_role("button", name="Stop all e-mails about my profiles").click()
    expect(page.get_by_role("status")).to_contain_text("about your profiles any more")


def test_every_look(page: Page, marta: SimProfile, member: User, sign_in: Callable[..., None]) -> None:
    sign_in(member)
    page.goto("/users/notifications/")
    expect(page.get_by_text("Nothing has happened yet")).to_be_visible()
    assert_every_look(page)
    for kind in Kind:
        happen(kind, member, marta, reason="The pictures show it.", merged_name="M. Sandqvist")
    Notification.objects.filter(kind__in=["linked", "verified"]).update(read_at="2026-01-01T00:00Z")
    way_out = urlsplit(mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>")).path
    for address in ("/users/notifications/", "/users/profile/notifications/", way_out):
        page.goto(address)
        assert_every_look(page)
