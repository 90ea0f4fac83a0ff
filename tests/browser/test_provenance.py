"""Where results came from, withdrawing them and bringing them back, as a steward does it in the browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from simlane.results.importer import Importer
from simlane.results.models import ResultFile, Way
from simlane.sim.models import Event
from simlane.users.models import User
from tests.browser.accessibility import assert_every_look, assert_fits
from tests.browser.looks import widths
from tests.results.test_versions import CORRECTED, FIRST, RACE


@pytest.fixture
def event(site: str, tmp_path: Path) -> str:
    """A race and its corrected version; the address of its page."""
    for folder, document in (("first", FIRST), ("then", CORRECTED)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / RACE).write_text(json.dumps(document))
        report = Importer(replace=True, way=Way.UPLOAD).run([tmp_path / folder / RACE])
        assert report.imported == 1
    return Event.objects.get().get_absolute_url()


def test_a_steward_withdraws_and_brings_back_the_first_version(page, event, sign_in):
    page.goto(event)
    page.get_by_text("in since").click()
    expect(page.get_by_role("table", name="Files that came in for this event")).to_be_visible()
    expect(page.get_by_role("button", name="Withdraw")).to_have_count(0)
    assert_every_look(page)
    sign_in(User.objects.create_superuser("steward"))
    page.goto(event)
    page.get_by_text("in since").click()
    assert_every_look(page)
    page.get_by_label("Why (everybody can read it)").fill("The wrong server")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("The results are withdrawn")).to_be_visible()
    page.get_by_text("Withdrawn: none of the results stands").click()
    first = ResultFile.objects.earliest("pk")
    page.get_by_label("Which results").select_option(str(first.pk))
    page.get_by_label("Why (everybody can read it)").fill("The first was right")
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_text("The results stand again")).to_be_visible()
    expect(page.get_by_role("region", name="Race, classification").get_by_role("row").nth(1)).to_contain_text(
        "Alice Amber"
    )
    assert_every_look(page)


def test_the_files_fit_the_screen(page, event):
    ResultFile.objects.update(filename="a-very-long-name-of-a-file-as-servers-write-them_" * 4 + ".json")
    for width in widths(page):
        page.goto(event)
        page.get_by_text("in since").click()
        assert_fits(page, width)
