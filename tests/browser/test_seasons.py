"""A season's pages on every screen and on paper, and the way of an organiser from nothing to final standings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from simlane.leagues import people
from simlane.leagues.models import Membership, Season, Standing
from simlane.leagues.seasons import making
from simlane.results.importer import Importer
from simlane.sim.models import Event, League, Simulator
from tests.browser.accessibility import assert_every_look
from tests.browser.test_layout import CUT_OFF
from tests.leagues.conftest import account
from tests.leagues.seasons.shown import fill
from tests.results.builders import ALICE, acc_document

CUP = "/leagues/sunday-cup/"


@pytest.fixture
def cup(transactional_db: None) -> League:
    """Two seasons of it: one of twenty rounds, eighteen drivers and three classes, and one of nothing."""
    made = League.objects.create(name="Sunday Evening Endurance Cup", slug="sunday-cup")
    simulator = Simulator.objects.get(slug="assetto-corsa-competizione")
    for slug in ("full", "empty"):
        making.make(Season(league=made, simulator=simulator, name=f"Season {slug}", slug=slug, state="running"))
    fill(Season.objects.get(slug="full"), rounds=20, drivers=18, classes=3)
    return made


def test_a_seasons_pages_are_accessible_and_fit(page: Page, cup: League) -> None:
    event = Event.objects.order_by("pk")[1]
    for address in (CUP, f"{CUP}full/", f"{CUP}full/?standings=all", f"{CUP}empty/", event.get_absolute_url()):
        page.goto(address)
        assert_every_look(page)


def test_an_organisers_pages_are_accessible_and_fit(page: Page, cup: League, sign_in, problems) -> None:
    problems.expect("422")
    olga = account("olga")
    Membership.objects.create(league=cup, user=olga, role="owner")
    sign_in(olga)
    season = Season.objects.get(slug="full")
    raced = season.rounds.filter(event__isnull=False)[0]
    table = season.points_tables.all()[0]
    for address in (
        "", "full/", "seasons/new/", "full/edit/", "full/rounds/", f"full/rounds/{raced.pk}/",
        "full/rounds/table/", "full/points/", f"full/points/{table.pk}/", "full/entries/",
    ):  # fmt: skip
        page.goto(CUP + address)
        assert_every_look(page)
    page.get_by_label("The table").fill("driver,number\n,7\n")
    with page.expect_navigation():
        page.get_by_role("button", name="Check it").click()
    assert_every_look(page)


def test_the_chart_shows_what_its_table_says(page: Page, cup: League) -> None:
    page.goto(f"{CUP}full/")
    page.get_by_text("Points after each round, as a table").click()
    table = page.get_by_role("region", name="Table of points after each round")
    data = page.evaluate("JSON.parse(document.getElementById('standings-data').textContent)")
    rows = table.get_by_role("row").all_inner_texts()[1:]
    assert [row.split("\t")[0] for row in rows] == [line["name"] for line in data["lines"]]
    assert [[float(each) for each in row.split("\t")[1:]] for row in rows] == [line["totals"] for line in data["lines"]]
    expect(page.locator("#standings-chart")).to_be_visible()


def test_a_season_on_paper_cuts_no_column_off(page: Page, cup: League) -> None:
    # As wide as points with a half are.
    for line in Standing.objects.all():
        line.rounds = [each | {"points": "12.5"} for each in line.rounds]
        line.save(update_fields=["rounds"])
    page.goto(f"{CUP}full/?standings=all")
    page.emulate_media(media="print")
    # A4 without its margins.
    page.set_viewport_size({"width": 718, "height": 1000})
    assert page.evaluate(CUT_OFF) == []
    expect(page.get_by_role("table", name="Drivers, GT4, round by round")).to_be_visible()
    expect(page.get_by_role("navigation", name="Standings")).to_be_hidden()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_season_from_nothing_to_its_final_standings(
    new_page: Callable[..., Page], site: str, sign_in, tmp_path: Path, problems, transactional_db: None, scripts: bool
) -> None:
    problems.expect("422")
    olga = account("olga")
    league = people.make(olga, League(name="Sunday Cup", slug="sunday-cup"))
    page = new_page(java_script_enabled=scripts)
    sign_in(olga, page)
    page.goto(f"{site}{CUP}")
    page.get_by_role("link", name="Make a season").click()
    page.get_by_label("Name", exact=True).fill("Spring")
    page.get_by_label("Simulator").select_option(label="Assetto Corsa Competizione")
    page.get_by_role("button", name="Make the season").click()

    for date in ("2026-06-01 20:30", "2026-06-08 20:30"):
        page.get_by_label("Planned start").fill(date)
        page.get_by_label("Track", exact=True).fill("Brands Hatch")
        page.get_by_role("button", name="Add the round").click()
        expect(page.get_by_role("status")).to_contain_text("is planned")

    page.get_by_role("link", name="Entry list, classes").click()
    page.get_by_label("The table").fill("number,driver,driver_id,team\n1,Alice Amber,S7656119,Amber Racing\n")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("alert")).to_contain_text("line 2, column “driver_id”")
    page.get_by_label("The table").fill(f"number,driver,driver_id,team\n1,Alice Amber,{ALICE},Amber Racing\n")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("status")).to_contain_text("1 driver. Nothing is saved yet")
    page.get_by_role("button", name="Save it").click()

    page.get_by_role("link", name="Points", exact=True).click()
    page.get_by_role("link", name="Change the table Race").click()
    page.get_by_label("Points by place").fill("10 6")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Rules").click()
    page.get_by_label("State").select_option("running")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Spring")
    expect(page.get_by_text("No standings yet")).to_be_visible()

    # Each round finds its event when the results come in.
    for day, document in (("260601", acc_document()), ("260608", acc_document(laps=[]))):
        (tmp_path / f"{day}_203000_R.json").write_text(json.dumps(document))
    assert Importer(league=league).run([tmp_path]).imported == 2
    page.reload()
    table = page.get_by_role("table", name="Drivers, round by round")
    expect(table.get_by_role("row", name="Alice Amber")).to_contain_text("20")
    expect(table.get_by_role("row", name="Bob Birch")).to_contain_text("12")
    expect(page.get_by_role("region", name="Calendar, all rounds").get_by_role("link", name="Results")).to_have_count(2)

    page.get_by_role("link", name="Rounds").click()
    page.get_by_role("link", name="Change round 2").click()
    page.get_by_label("Percent").fill("50")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Rules").click()
    page.get_by_label("State").select_option("final")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Final", exact=True)).to_be_visible()
    expect(table.get_by_role("row", name="Alice Amber")).to_contain_text("15")
    page.get_by_role("link", name="Teams").click()
    teams = page.get_by_role("table", name="Teams, round by round")
    expect(teams.get_by_role("row", name="Amber Racing")).to_contain_text("15")
