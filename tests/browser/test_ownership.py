"""Whose profile it is, in a browser: a take-over, a code, a dispute before the staff, two profiles made one."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from simlane.results.importer import Importer
from simlane.sim.models import SimProfile
from simlane.users.models import User
from tests.browser.accessibility import assert_every_look
from tests.browser.conftest import Problems
from tests.results.builders import acc_document, acc_driver, acc_line
from tests.users.platforms.fixtures import steam  # noqa: F401
from tests.users.platforms.peers import SteamPeer

MINE = "/users/profile/sim-profiles/"


@pytest.fixture
def marta(driver: SimProfile) -> User:
    return User.objects.create_user("marta", "marta@example.org")


@pytest.fixture
def ben(driver: SimProfile) -> User:
    return User.objects.create_user("ben", "ben@example.org")


def test_the_real_driver_takes_over_what_somebody_else_has_linked(
    new_page: Callable[..., Page],
    site: str,
    driver: SimProfile,
    marta: User,
    ben: User,
    sign_in: Callable[..., None],
    steam: SteamPeer,  # noqa: F811
    problems: Problems,
) -> None:
    problems.allow(steam.url)
    steam.steam_id = driver.profile_identifier
    # Ben finds a driver with a long career and says that it is him.
    bens = new_page()
    sign_in(ben, bens)
    bens.goto(driver.get_absolute_url())
    bens.get_by_role("link", name="This is me").click()
    bens.get_by_role("button", name="This is me").click()
    expect(bens.get_by_role("status")).to_contain_text("Please verify your ownership")
    # Marta, who is the driver, proves it at Steam: the link is hers.
    martas = new_page()
    sign_in(marta, martas)
    martas.goto(MINE)
    martas.get_by_role("button", name="Prove all my Steam profiles").click()
    martas.get_by_role("button", name="Yes, sign in").click()
    expect(martas).to_have_url(f"{site}{MINE}")
    expect(martas.get_by_role("status")).to_contain_text("Verified")
    expect(martas.get_by_role("listitem").filter(has_text=driver.profile_name).first).to_contain_text("Verified")
    # Ben's list is empty, and the bell says why.
    bens.goto(MINE)
    expect(bens.get_by_text("No profile linked yet")).to_be_visible()
    bens.goto("/users/notifications/")
    expect(bens.get_by_role("main")).to_contain_text(driver.profile_name)
    # His old page does nothing any more.
    bens.goto(f"{MINE}unlink/{driver.pk}/")
    expect(bens.get_by_role("alert")).to_contain_text("not linked to your account")


def test_a_code_in_my_name_verifies_my_link(
    page: Page, driver: SimProfile, marta: User, sign_in: Callable[..., None], tmp_path: Path
) -> None:
    driver.link_to_user(marta)
    sign_in(marta)
    page.goto(f"{MINE}verify/{driver.pk}/")
    page.get_by_role("button", name="Show me a code").click()
    code = page.locator(".font-mono")
    expect(code).to_contain_text("SL-")
    expect(page.get_by_role("status")).to_contain_text("Your code is below")
    # The next race comes in under a name that holds it.
    racing = acc_driver("Marta", f"[{code.inner_text()}]", f"S{driver.profile_identifier}")
    document = acc_document(sessionResult={"leaderBoardLines": [acc_line(1001, racing)]}, laps=[])
    (tmp_path / "261122_203000_R.json").write_text(json.dumps(document))
    assert not Importer().run([tmp_path]).refused
    page.reload()
    expect(page.get_by_role("heading", name="Marta is verified")).to_be_visible()
    page.goto(f"{MINE}manage/{driver.pk}/")
    expect(page.get_by_role("main")).to_contain_text("by a code in a result")


def test_a_dispute_is_decided_by_the_staff(
    new_page: Callable[..., Page],
    site: str,
    driver: SimProfile,
    marta: User,
    ben: User,
    sign_in: Callable[..., None],
    problems: Problems,
) -> None:
    # What the form answers to a file that is no picture.
    problems.expect("422")
    driver.link_to_user(ben, verified=True)
    martas = new_page()
    sign_in(marta, martas)
    martas.goto(driver.get_absolute_url())
    martas.get_by_role("link", name="Open a dispute").click()
    expect(martas.get_by_role("main")).to_contain_text("this opens a dispute")
    martas.get_by_label("Why is this profile yours?").fill(
        "I drove every one of these races. The picture shows my account."
    )
    martas.get_by_label("Pictures").set_input_files([{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no"}])
    martas.get_by_role("button", name="Send to the staff").click()
    expect(martas.get_by_role("main")).to_contain_text("“notes.txt” is not a picture we can read")
    martas.get_by_label("Pictures").set_input_files([{"name": "me.png", "mimeType": "image/png", "buffer": _png()}])
    martas.get_by_role("button", name="Send to the staff").click()
    expect(martas.get_by_role("heading", name="With the staff since")).to_be_visible()
    # Ben is told that somebody else says so.
    bens = new_page()
    sign_in(ben, bens)
    bens.goto("/users/notifications/")
    expect(bens.get_by_role("main")).to_contain_text(driver.profile_name)
    # Somebody of the staff looks at both sides and decides.
    boss = User.objects.create_superuser("boss", "boss@example.org")
    staffs = new_page()
    sign_in(boss, staffs)
    staffs.goto("/admin/sim/claim/")
    staffs.get_by_role("link", name=driver.profile_name).click()
    expect(staffs.get_by_role("img", name="Picture 1 of the claim")).to_be_visible()
    staffs.get_by_label("Reason").fill("The account in the picture has this id.")
    staffs.get_by_role("button", name="Accept: it is theirs").click()
    expect(staffs.get_by_text("Accepted: the profile is the claimant's, verified.")).to_be_visible()
    martas.goto(MINE)
    expect(martas.get_by_role("listitem").filter(has_text=driver.profile_name).first).to_contain_text("Verified")
    martas.goto(f"{MINE}claim/{driver.pk}/")
    expect(martas.get_by_role("main")).to_contain_text("The account in the picture has this id.")
    bens.goto(MINE)
    expect(bens.get_by_text("No profile linked yet")).to_be_visible()


def test_two_profiles_of_one_driver_become_one_and_two_again(
    page: Page, new_page: Callable[..., Page], site: str, driver: SimProfile, sign_in: Callable[..., None]
) -> None:
    other = SimProfile.objects.filter(simulator=driver.simulator).exclude(pk=driver.pk).order_by("starts").first()
    assert other
    boss = User.objects.create_superuser("boss", "boss@example.org")
    sign_in(boss)
    page.goto(f"/admin/sim/simprofile/?simulator__id__exact={driver.simulator_id}")
    for profile in (driver, other):
        page.locator(f"input[value='{profile.pk}']").check()
    page.locator("select[name=action]").select_option("merge")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).click()
    expect(page.get_by_text("Which one stays?")).to_be_visible()
    page.get_by_label(driver.profile_name).check()
    page.get_by_role("button", name="Merge them").click()
    expect(page.get_by_text("Merged. The old address leads to the kept profile")).to_be_visible()
    visitor = new_page()
    visitor.goto(other.get_absolute_url())
    expect(visitor).to_have_url(site + driver.get_absolute_url())
    expect(visitor.get_by_role("main")).to_contain_text(f"Raced as {other.profile_name}")
    page.get_by_role("button", name="Undo this merge").click()
    expect(page.get_by_text("Undone: both profiles have")).to_be_visible()
    visitor.goto(other.get_absolute_url())
    expect(visitor).to_have_url(site + other.get_absolute_url())


def test_the_pages_are_accessible_and_fit(
    page: Page, driver: SimProfile, marta: User, sign_in: Callable[..., None]
) -> None:
    driver.link_to_user(marta)
    sign_in(marta)
    page.goto(f"{MINE}verify/{driver.pk}/")
    page.get_by_role("button", name="Show me a code").click()
    expect(page.locator(".font-mono")).to_contain_text("SL-")
    for address in (f"{MINE}verify/{driver.pk}/", f"{MINE}claim/{driver.pk}/", f"{MINE}manage/{driver.pk}/", MINE):
        page.goto(address)
        assert_every_look(page)


def _png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (320, 200), "teal").save(file, "PNG")
    return file.getvalue()
