"""What an organiser does with a season by its forms, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from simlane.leagues.models import Membership, PointsTable, Role, Round, RoundRace, Season, SeasonEntry, Standing
from simlane.leagues.seasons import making, planning
from simlane.sim.errors import Refused
from simlane.sim.models import Event, Session, Simulator, Track
from simlane.users.models import User
from tests.leagues.conftest import signed_in
from tests.leagues.seasons.shown import fill

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]
AT = "/leagues/sunday-cup/spring/"
ROUND = {"name": "", "when": "", "where": "", "percent": "100", "may_drop": "on"}
RULES = {
    "name": "Spring", "description": "", "state": "running", "scope": "overall", "drop_rounds": "0",
    "team_drop_rounds": "0", "team_cars": "", "minimum_distance": "0", "tie_break": "countback",
}  # fmt: skip


@pytest.fixture
def organiser(spring: Season, otto: User) -> Client:
    Membership.objects.create(league=spring.league, user=otto, role=Role.ORGANISER)
    spring.league.time_zone = "Europe/Rome"
    spring.league.save()
    return signed_in(otto)


def plan(season: Season, *numbers: int) -> list[Round]:
    return [Round.objects.create(season=season, number=each, name=f"R{each}") for each in numbers]


def order(season: Season) -> list[tuple[int, str]]:
    return list(season.rounds.values_list("number", "name"))


def test_a_season_is_made_as_a_draft_with_points(organiser: Client) -> None:
    simulator = Simulator.objects.get(slug="iracing")
    given = {"name": " Autumn  Cup ", "slug": "", "simulator": simulator.pk, "preset": "indycar", "description": ""}
    address = "/leagues/sunday-cup/seasons/new/"
    assert organiser.post(address, given)["Location"] == "/leagues/sunday-cup/autumn-cup/rounds/"
    made = Season.objects.get(slug="autumn-cup")
    assert (made.name, made.state, made.simulator) == ("Autumn Cup", "draft", simulator)
    assert [each.points for each in made.points_tables.get().places.all()[:2]] == [50, 40]
    for slug, why in (("", "Another season of the league"), ("people", "one of the league itself"), ("a b", "hyphens")):
        refused = organiser.post(address, given | {"slug": slug})
        assert refused.status_code == 422
        assert why in refused.content.decode()
    assert Season.objects.count() == 2


def test_rules_are_changed_and_the_standings_follow(organiser: Client, spring: Season) -> None:
    given = RULES | {"state": "final", "drop_rounds": "2", "team_cars": "1", "name": "Spring!"}
    assert organiser.post(f"{AT}edit/", given)["Location"] == AT
    spring.refresh_from_db()
    assert (spring.state, spring.drop_rounds, spring.team_cars, spring.name) == ("final", 2, 1, "Spring!")
    assert spring.due.exists()
    refused = organiser.post(f"{AT}edit/", RULES | {"minimum_distance": "101", "team_cars": "0"})
    assert refused.status_code == 422
    assert "0 to 100" in refused.content.decode()
    assert Season.objects.get(pk=spring.pk).minimum_distance == 0


def test_a_season_goes_as_long_as_nothing_was_raced(
    organiser: Client, spring: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MOST_SEASONS", 1)
    with pytest.raises(Refused, match="1 seasons at most"):
        making.make(Season(league=spring.league, simulator=spring.simulator, name="Other", slug="other"))
    (planned,) = plan(spring, 1)
    SeasonEntry.objects.create(season=spring, driver_name="Alice", folded="alice")
    event = Event.objects.create(simulator=spring.simulator, league=spring.league, name="Ours")
    Round.objects.filter(pk=planned.pk).update(event=event)
    RoundRace.objects.create(round=planned, session_number=1, table=PointsTable.objects.get())
    kept = organiser.post(f"{AT}edit/", {"remove": "1"}, follow=True)
    assert "the season stays" in kept.content.decode()
    Round.objects.filter(pk=planned.pk).update(event=None)
    assert organiser.post(f"{AT}edit/", {"remove": "1"})["Location"] == "/leagues/sunday-cup/"
    for table in (Season, PointsTable, Round, SeasonEntry):
        assert not table.objects.exists()
    assert Event.objects.exists()


def test_a_round_is_planned_where_and_when(organiser: Client, spring: Season) -> None:
    spa = Track.objects.create(simulator=spring.simulator, name="Spa")
    given = ROUND | {"number": "1", "when": "2031-05-04 20:30", "where": " SPA "}
    assert organiser.post(f"{AT}rounds/", given).status_code == 302
    made = spring.rounds.get()
    # In the league's zone, which is two hours ahead in May.
    assert made.starts_at == datetime(2031, 5, 4, 18, 30, tzinfo=UTC)
    assert (made.track, made.track_name) == (spa, "")
    page = organiser.get(f"{AT}rounds/{made.pk}/").content.decode()
    assert 'value="2031-05-04 18:30 UTC"' in page
    given |= {"act": "change", "when": "2031-05-04 18:30 UTC", "where": "A car park", "cancelled": "on"}
    organiser.post(f"{AT}rounds/{made.pk}/", given)
    made.refresh_from_db()
    assert (made.track, made.track_name, made.cancelled) == (None, "A car park", True)
    assert made.starts_at == datetime(2031, 5, 4, 18, 30, tzinfo=UTC)
    for wrong, why in (
        ({"when": "next Sunday"}, "is no date: write it as 2026-03-01 20:30"),
        ({"when": "9999-12-31"}, "cannot be when this is driven"),
        ({"percent": "0"}, "1 to 1000 percent"),
        ({"number": "0"}, "1 to 1000."),
    ):
        refused = organiser.post(f"{AT}rounds/", given | wrong)
        assert (refused.status_code, why in refused.content.decode()) == (422, True), wrong
    assert spring.rounds.count() == 1


def test_rounds_move_and_others_make_room(spring: Season) -> None:
    first, second, third, _ = plan(spring, 1, 2, 3, 5)
    planning.change(third, 1)
    assert order(spring) == [(1, "R3"), (2, "R1"), (3, "R2"), (5, "R5")]
    planning.change(third, 3)
    assert order(spring) == [(1, "R1"), (2, "R2"), (3, "R3"), (5, "R5")]
    planning.change(first, 4)
    assert order(spring) == [(2, "R2"), (3, "R3"), (4, "R1"), (5, "R5")]
    planning.add(Round(season=spring, number=3, name="new"))
    assert order(spring) == [(2, "R2"), (3, "new"), (4, "R3"), (5, "R1"), (6, "R5")]
    planning.remove(second)
    with pytest.raises(Refused, match="removed meanwhile"):
        planning.change(second, 2)


def test_a_rounds_event_and_the_tables_of_its_races_are_chosen(organiser: Client, spring: Season) -> None:
    (planned,) = plan(spring, 1)
    own, other = (
        Event.objects.create(simulator=spring.simulator, league=league, name=name, starts_at=timezone.now())
        for name, league in (("Ours", spring.league), ("Theirs", None))
    )
    race = Session.objects.create(event=own, number=3, name="Race 1", kind="race")
    address = f"{AT}rounds/{planned.pk}/"
    page = organiser.get(address).content.decode()
    assert ("Ours" in page, "Theirs" in page) == (True, False)
    assert organiser.post(address, {"act": "event", "event": other.pk}).status_code == 422
    assert organiser.post(address, {"act": "event", "event": own.pk}).status_code == 302
    assert Round.objects.get().event == own
    assert "Race 1" in organiser.get(address).content.decode()
    table = PointsTable.objects.get()
    assert organiser.post(address, {"act": "table", "session": race.number, "table": ""}).status_code == 302
    assert (RoundRace.objects.get().table, RoundRace.objects.get().chosen) == (None, True)
    organiser.post(address, {"act": "table", "session": race.number, "table": table.pk})
    assert RoundRace.objects.get().table == table
    assert organiser.post(address, {"act": "table", "session": 9, "table": table.pk}).status_code == 400
    assert organiser.post(address, {"act": "burn"}).status_code == 400
    kept = organiser.post(address, {"act": "remove"}).content.decode()
    assert "This round has results" in kept
    organiser.post(address, {"act": "event", "event": ""})
    assert organiser.post(address, {"act": "remove"}).status_code == 302
    assert not Round.objects.exists()


def test_a_points_table_is_a_preset_and_then_ones_own(organiser: Client, spring: Season) -> None:
    every = PointsTable.objects.get()
    given = {"name": "Sprints", "counts_for": "sprint", "preset": "gt-sprint"}
    assert organiser.post(f"{AT}points/", given).status_code == 302
    made = PointsTable.objects.get(name="Sprints")
    assert [each.points for each in made.places.all()[:2]] == [Decimal("16.5"), 12]
    own = {
        "act": "change", "name": "Sprints", "counts_for": "sprint", "points": "10 7,5\n5", "pole": "1",
        "fastest_lap": "0.5", "fastest_lap_top": "10", "lap_led": "0", "most_laps_led": "0",
    }  # fmt: skip
    address = f"{AT}points/{made.pk}/"
    assert organiser.post(address, own).status_code == 302
    made.refresh_from_db()
    assert [each.points for each in made.places.all()] == [10, Decimal("7.5"), 5]
    assert (made.pole, made.fastest_lap, made.fastest_lap_top) == (1, Decimal("0.5"), 10)
    for wrong, why in (
        ({"points": "10 seven"}, "Place 2: “seven” is no number of points"),
        ({"points": "10 0.005"}, "two decimals at most"),
        ({"points": "NaN"}, "Place 1: points are 0 to"),
        ({"counts_for": "race"}, "is for these races already"),
        ({"pole": "-1"}, "greater than or equal to 0"),
    ):
        refused = organiser.post(address, own | wrong)
        assert (refused.status_code, why in refused.content.decode()) == (422, True), wrong
    assert [each.points for each in made.places.all()] == [10, Decimal("7.5"), 5]
    assert organiser.post(address, {"act": "preset", "preset": "linear"}).status_code == 302
    assert made.places.count() == 20
    assert organiser.post(address, {"act": "remove"}).status_code == 302
    assert (
        "This is the table of every race"
        in organiser.post(f"{AT}points/{every.pk}/", {"act": "remove"}).content.decode()
    )
    assert list(PointsTable.objects.all()) == [every]


def test_an_entry_list_is_checked_then_saved(organiser: Client, spring: Season) -> None:
    table = "number,driver,team,class\n7,Alice Amber,Amber Racing,Pro\n8,Bob Birch,,Am\n"
    checked = organiser.post(f"{AT}entries/", {"table": table, "check": "1"})
    page = checked.content.decode()
    assert checked.status_code == 200
    assert "2 drivers. Nothing is saved yet" in page
    assert '<li class="break-words">7,Alice Amber,,Amber Racing,Pro</li>' in page
    assert (SeasonEntry.objects.count(), spring.classes.count(), spring.due.count()) == (0, 0, 0)
    assert organiser.post(f"{AT}entries/", {"table": table, "save": "1"}).status_code == 302
    assert SeasonEntry.objects.count() == 2
    changed = organiser.post(f"{AT}entries/", {"table": table.replace("8,Bob", "9,Bob"), "check": "1"})
    assert "1 gone or changed:" in changed.content.decode()
    out = organiser.get(f"{AT}entries.csv")
    assert out["Content-Disposition"] == 'attachment; filename="sunday-cup-spring-entries.csv"'
    assert "7,Alice Amber,,Amber Racing,Pro" in out.content.decode()


def test_every_line_that_is_wrong_is_named(organiser: Client, spring: Season) -> None:
    sent = "driver;driver_id\n;1\nAlice;12\nBob;\n" + "Long;" + "1" * 300
    answer = organiser.post(f"{AT}entries/", {"file": SimpleUploadedFile("list.csv", sent.encode()), "save": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    for line, heading in ((2, "driver"), (3, "driver_id"), (5, "driver_id")):
        assert f"(at line {line}, column “{heading}”)" in page
    # What was sent stands in the field, to be mended there.
    assert "Bob;" in page
    assert not SeasonEntry.objects.exists()
    large = SimpleUploadedFile("list.csv", b"driver\n" + b"a\n" * 600_000)
    assert "larger than 1024 KB" in organiser.post(f"{AT}entries/", {"file": large, "check": "1"}).content.decode()


def test_a_calendar_comes_in_as_a_table(organiser: Client, spring: Season) -> None:
    table = "round,date,track\n1,2031-05-04 20:30,Spa\n2,2031-05-11,Monza\n"
    assert organiser.post(f"{AT}rounds/table/", {"table": table, "save": "1"}).status_code == 302
    assert order(spring) == [(1, ""), (2, "")]
    assert "1,,2031-05-04 18:30 UTC,Spa,100," in organiser.get(f"{AT}rounds.csv").content.decode()


def test_who_has_driven_is_entered(organiser: Client, spring: Season) -> None:
    fill(spring, drivers=5)
    SeasonEntry.objects.all().delete()
    assert organiser.post(f"{AT}entries/fill/").status_code == 302
    assert SeasonEntry.objects.count() == Standing.objects.filter(kind="driver").count() == 5


def test_classes_are_made_changed_and_removed(organiser: Client, spring: Season) -> None:
    organiser.post(f"{AT}classes/0/", {"act": "keep", "c0-name": "GT3", "c0-number": "1", "c0-file_names": "GT3 Pro"})
    made = spring.classes.get()
    assert (made.name, made.file_names) == ("GT3", "GT3 Pro")
    again = organiser.post(f"{AT}classes/0/", {"act": "keep", "c0-name": "GT3", "c0-number": "2"}, follow=True)
    assert "a class of this name already" in again.content.decode()
    organiser.post(f"{AT}classes/{made.pk}/", {"act": "keep", f"c{made.pk}-name": "GT4", f"c{made.pk}-number": "3"})
    assert (spring.classes.get().name, spring.classes.get().number) == ("GT4", 3)
    SeasonEntry.objects.create(season=spring, driver_name="Alice", folded="alice", season_class=made)
    organiser.post(f"{AT}classes/{made.pk}/", {"act": "remove"})
    assert (spring.classes.count(), SeasonEntry.objects.get().season_class) == (0, None)


def test_nothing_of_an_archived_leagues_season_changes(organiser: Client, spring: Season) -> None:
    (planned,) = plan(spring, 1)
    table = PointsTable.objects.get()
    spring.league.archived_at = timezone.now()
    spring.league.save()
    for address, given in (
        ("edit/", RULES), ("rounds/", ROUND | {"number": "2"}), (f"rounds/{planned.pk}/", {"act": "remove"}),
        ("points/", {"name": "Other", "counts_for": "", "preset": "f1"}),
        (f"points/{table.pk}/", {"act": "preset", "preset": "gt"}),
        ("entries/", {"table": "driver\nAlice", "save": "1"}),
    ):  # fmt: skip
        answer = organiser.post(AT + address, given)
        assert (answer.status_code, "The league is archived" in answer.content.decode()) == (422, True), address
    organiser.post(f"{AT}classes/0/", {"act": "keep", "c0-name": "GT3", "c0-number": "1"})
    assert (spring.rounds.count(), spring.points_tables.count(), spring.classes.count()) == (1, 1, 0)
    assert not SeasonEntry.objects.exists()


@pytest.mark.parametrize(
    ("form", "budget"),
    [("edit/", 4), ("rounds/", 7), ("rounds/{round}/", 9), ("points/", 6), ("points/{table}/", 5), ("entries/", 6)],
)
def test_an_organisers_page_takes_the_same_statements_whatever_its_size(
    organiser: Client, spring: Season, django_assert_max_num_queries: DjangoAssertNumQueries, form: str, budget: int
) -> None:
    fill(spring, rounds=20, drivers=60, classes=3)
    for number in range(5):
        PointsTable.objects.create(season=spring, name=f"Table {number}")
    raced = spring.rounds.filter(event__isnull=False).first()
    assert raced is not None
    address = AT + form.format(round=raced.pk, table=spring.points_tables.all()[0].pk)
    organiser.get(address)
    # Who is signed in, and their bell: three.
    with django_assert_max_num_queries(budget + 3):
        assert organiser.get(address).status_code == 200


def test_another_seasons_rounds_and_tables_are_not_there(organiser: Client, spring: Season) -> None:
    other = Season.objects.create(league=spring.league, simulator=spring.simulator, name="Other", slug="other")
    (planned,) = plan(other, 1)
    table = PointsTable.objects.create(season=other, name="Race")
    for address in (f"rounds/{planned.pk}/", f"points/{table.pk}/"):
        assert organiser.get(AT + address).status_code == 404
        assert organiser.post(AT + address, {"act": "remove"}).status_code == 404
    assert organiser.post(f"{AT}classes/7/", {"act": "remove"}).status_code == 404
