"""The way of a league's organiser in a browser, with JavaScript and without; and how a league's pages look."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from simlane.config.settings import BASE_DIR
from simlane.leagues import people, reports, tokens, uploads
from simlane.leagues.models import Membership, Upload
from simlane.results.models import Way
from simlane.sim.models import Event, League
from simlane.users.models import User
from tests.browser.accessibility import assert_every_look
from tests.leagues.conftest import account

RACES = ("260312_203000_FP.json", "260312_205000_Q.json", "260312_211504_R.json")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """A server's evening in an archive, with one file that was cut off."""
    path = tmp_path / "night.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in RACES:
            archive.write(BASE_DIR / "demo" / "acc" / name, name)
        archive.writestr("260312_220000_R.json", (BASE_DIR / "demo" / "acc" / RACES[2]).read_bytes()[:300])
    return path


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_way_of_an_organiser(
    new_page: Callable[..., Page], site: str, sign_in, night: Path, transactional_db: None, scripts: bool
) -> None:
    olga, otto = account("olga"), account("otto")
    owner = new_page(java_script_enabled=scripts)
    sign_in(olga, owner)
    owner.goto(f"{site}/leagues/")
    owner.get_by_role("link", name="Make a league").click()
    owner.get_by_label("Name", exact=True).fill("Sunday Cup")
    owner.get_by_role("button", name="Make the league").click()
    expect(owner).to_have_url(f"{site}/leagues/sunday-cup/")

    owner.get_by_role("link", name="People").click()
    owner.get_by_role("button", name="Invite").click()
    link = owner.get_by_label("Invitation link").input_value()
    organiser = new_page(java_script_enabled=scripts)
    sign_in(otto, organiser)
    # Under the address that mails are given; the test's server has another.
    organiser.goto(site + re.sub(r"^https?://[^/]+", "", link))
    organiser.get_by_role("button", name="Accept").click()
    expect(organiser.get_by_role("status")).to_contain_text("Your role in Sunday Cup: Organiser")

    organiser.get_by_role("link", name="Bring in results").first.click()
    organiser.get_by_label("Files").set_input_files(night)
    organiser.get_by_role("button", name="Preview").click()
    expect(organiser.get_by_role("heading", level=1)).to_have_text("Preview")
    broken = organiser.get_by_role("row", name=re.compile("260312_220000_R"))
    expect(broken).to_contain_text("Refused")
    assert not Event.objects.exists()
    organiser.get_by_role("button", name="Import 3 files").click()
    expect(organiser.get_by_role("heading", level=1)).to_have_text("Imported")
    expect(organiser.get_by_role("status")).to_contain_text("3 imported, 1 refused")
    event = Event.objects.get()
    assert event.league == League.objects.get()
    copy = organiser.get_by_role("button", name="Copy link")
    if scripts:
        organiser.context.grant_permissions(["clipboard-read", "clipboard-write"])
        copy.click()
        copied = organiser.evaluate("navigator.clipboard.readText()")
        assert copied.endswith(event.get_absolute_url())
    else:
        expect(copy).to_be_hidden()
    organiser.get_by_role("main").get_by_role("link", name=event.name).first.click()
    expect(organiser).to_have_url(f"{site}{event.get_absolute_url()}")
    expect(organiser.get_by_role("link", name="Sunday Cup")).to_be_visible()


def test_files_are_dropped_on_the_form(page: Page, site: str, sign_in, transactional_db: None) -> None:
    olga = account("olga")
    people.make(olga, League(name="Sunday Cup", slug="sunday-cup"))
    sign_in(olga)
    page.goto("/leagues/sunday-cup/upload/")
    content = (BASE_DIR / "demo" / "acc" / RACES[2]).read_text(encoding="utf-16-le")
    page.evaluate(
        """([name, text]) => {
            const data = new DataTransfer();
            data.items.add(new File([text], name));
            const form = document.querySelector("form[data-drop]");
            for (const kind of ["dragenter", "dragover", "drop"])
                form.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
        }""",
        [RACES[2], content],
    )
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name="Import 1 file")).to_be_visible()


def test_the_page_follows_an_upload_to_its_end(page: Page, site: str, sign_in, transactional_db: None) -> None:
    olga = account("olga")
    league = people.make(olga, League(name="Sunday Cup", slug="sunday-cup"))
    upload = Upload.objects.create(league=league, user=olga, state="importing", beat_at=timezone.now())
    sign_in(olga)
    page.goto(f"/leagues/sunday-cup/upload/{upload.pk}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Being imported")
    Upload.objects.update(state="done")
    expect(page.get_by_role("heading", level=1)).to_have_text("Imported")


@pytest.fixture
def run(transactional_db: None, tmp_path: Path, settings) -> tuple[User, League, Upload, Upload]:
    """A league in use: two who run it, an invitation, a token, a preview, an import, a report."""
    olga, otto, sam = account("olga"), account("otto"), account("sam")
    league = people.make(
        olga,
        League(
            name="Sunday Evening Endurance Cup",
            slug="sunday-cup",
            description="Every second Sunday, 20:30 in Rome.\n\nOpen to everybody who leaves room.",
            website="https://example.org/",
            discord="https://discord.gg/example",
        ),
    )
    Membership.objects.create(league=league, user=otto)
    Membership.objects.create(league=league, user=account("a-steward-with-quite-a-long-name"), role="steward")
    people.archive(people.make(olga, League(name="The cup of a year that is over", slug="over")))
    people.invite(league, olga, "somebody.with.a.long.name@a-long-domain.example.org")
    tokens.make(league, olga, "The server in the cellar")
    settings.JOBS = "immediate"
    made = []
    for names in (RACES, RACES[:1]):
        sent = [_Sent(BASE_DIR / "demo" / "acc" / name) for name in names]
        made.append(uploads.receive(league, olga.pk, sent, replace=False))  # type: ignore[arg-type]
        if len(made) == 1:
            uploads.import_previewed(made[0])
    sent = [_Sent(BASE_DIR / "demo" / "README.md")]
    uploads.receive(league, olga.pk, sent, replace=False, way=Way.TOKEN)  # type: ignore[arg-type]
    reports.report(Event.objects.get(), sam, "not_me", "I was asleep that evening, so it was somebody else.")
    return olga, league, made[1], made[0]


class _Sent:
    """A file as a form brings it."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.read = path.open("rb").read


def test_a_leagues_pages_are_accessible_and_fit(page: Page, run, sign_in) -> None:
    olga, league, preview, done = run
    event = Event.objects.get()
    sign_in(olga)
    at = league.get_absolute_url()
    addresses = [
        "/leagues/", "/leagues/?archived=1", at, "/leagues/over/", "/leagues/over/edit/", "/leagues/new/",
        f"{at}edit/", f"{at}people/", f"{at}tokens/", f"{at}upload/",
        f"{at}upload/{preview.pk}/", f"{at}upload/{done.pk}/", f"{at}reports/", f"/leagues/reports/{event.pk}/",
        event.get_absolute_url(),
    ]  # fmt: skip
    for address in addresses:
        page.goto(address)
        assert_every_look(page)
    page.goto(f"{at}tokens/")
    page.get_by_label("What is it for?").fill("Another")
    with page.expect_navigation():
        page.get_by_role("button", name="Make a token").click()
    assert_every_look(page)
    page.goto(f"{at}people/")
    with page.expect_navigation():
        page.get_by_role("button", name="Invite").click()
    assert_every_look(page)
