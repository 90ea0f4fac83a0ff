"""Standings follow from results that come in, are replaced, withdrawn and brought back, and from drivers who merge."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from simlane.leagues import trust
from simlane.leagues.models import PointsTable, Round, RoundRace, Season, Standing, StandingsDue
from simlane.leagues.seasons import due, finding, making, renewing, rounds, tables
from simlane.results import versions
from simlane.results.deciding import rule, undo
from simlane.results.models import ResultFile, Ruling
from simlane.results.rulings.standing import Place
from simlane.sim.errors import Refused
from simlane.sim.integrity import findings
from simlane.sim.models import Event, League, Session, SimProfile, Simulator
from simlane.sim.models.results import SHARED
from simlane.sim.ownership import merging
from simlane.users.models import User
from tests.results.builders import ALICE, BOB, iracing_document, iracing_result, iracing_session
from tests.results.standing import bring
from tests.results.test_versions import race

pytestmark = pytest.mark.django_db
A, B = ("Alice", "Amber", ALICE), ("Bob", "Birch", BOB)
NAMELESS = ("Nora", "Name", "123")
MARCH, APRIL = "260301_203000_R.json", "260405_203000_R.json"


def shown(season: Season, kind: str = "driver") -> list[str]:
    """The standings as they are stored, made anew where they are due."""
    renewing.finish_due()
    assert not StandingsDue.objects.exists()
    return [f"{row.place} {row.name} {row.points}" for row in season.standings.filter(kind=kind)]


def plan(season: Season, number: int, month: int, day: int, **values: Any) -> Round:
    starts_at = datetime(2026, month, day, 19, tzinfo=UTC)
    return Round.objects.create(season=season, number=number, starts_at=starts_at, **values)


@pytest.fixture
def march(spring: Season, tmp_path: Path) -> Round:
    """Driven: Alice before Bob. Another is planned in April."""
    planned = plan(spring, 1, 3, 1, track_name="Brands Hatch")
    plan(spring, 2, 4, 5, track_name="Brands Hatch")
    bring(tmp_path, (MARCH, race(A, B)), league=spring.league)
    assert shown(spring) == ["1 Alice Amber 25", "2 Bob Birch 18"]
    planned.refresh_from_db()
    return planned


def test_results_find_their_round_by_track_and_date(spring: Season, tmp_path: Path) -> None:
    planned = [
        plan(spring, 1, 3, 1, track_name="brands_hatch"),
        plan(spring, 2, 3, 1, track_name="Monza"),
        plan(spring, 3, 4, 5),
        plan(spring, 4, 4, 6, finds_event=False),
        plan(spring, 5, 4, 7, track_name="Brands Hatch"),
        plan(spring, 6, 4, 5, cancelled=True),
    ]
    bring(tmp_path, (MARCH, race(A, B)), (APRIL, race(B, A)), league=spring.league)
    bring(tmp_path, ("260407_180000_Q.json", race(A, B, sessionType="Q")), league=spring.league)
    bring(tmp_path, ("260301_190000_R.json", race(A, B, best=80_000, serverName="Of nobody")))
    assert shown(spring) == ["1 Bob Birch 43", "2 Alice Amber 43"]
    found = [Round.objects.get(pk=each.pk).event for each in planned]
    march, april = Event.objects.filter(sessions__kind="race", league=spring.league).order_by("starts_at")
    assert found == [march, None, april, None, None, None]


def test_of_two_events_a_round_takes_the_nearer_one(spring: Season, tmp_path: Path) -> None:
    early, late = plan(spring, 1, 4, 5), plan(spring, 2, 4, 6)
    bring(tmp_path, ("260406_120000_R.json", race(A, B)), league=spring.league)
    shown(spring)
    late.refresh_from_db()
    early.refresh_from_db()
    assert (early.event, late.event) == (None, Event.objects.get())


def test_a_correction_and_what_is_withdrawn_move_the_standings(march: Round, spring: Season, tmp_path: Path) -> None:
    race_of = march.races.get()
    bring(tmp_path, (MARCH, race(B, A, best=91_000)), league=spring.league, replace=True)
    assert shown(spring) == ["1 Bob Birch 25", "2 Alice Amber 18"]
    event = Event.objects.get()
    versions.withdraw(event, by=None, reason="wrong")
    assert shown(spring) == []
    versions.bring_back(event, by=None, reason="right")
    assert shown(spring) == ["1 Bob Birch 25", "2 Alice Amber 18"]
    assert march.races.get() == race_of
    first = ResultFile.objects.order_by("pk").first()
    versions.bring_back(event, file=first, by=None, reason="it was right at first")
    assert shown(spring) == ["1 Alice Amber 25", "2 Bob Birch 18"]


def test_a_driver_of_withdrawn_results_alone_goes_with_them(march: Round, spring: Season, tmp_path: Path) -> None:
    assert Standing.objects.filter(profile__isnull=False).count() == 2
    versions.withdraw(Event.objects.get(), by=None, reason="wrong")
    # Nobody waits for the standings: they are made anew afterwards, and point at nobody until then.
    assert not SimProfile.objects.exists()
    assert [row.profile for row in Standing.objects.select_related("profile")] == [None, None]
    assert shown(spring) == []


def test_an_event_that_staff_take_out_of_the_league_leaves(march: Round, spring: Season) -> None:
    trust.take_out(Event.objects.get())
    assert shown(spring) == []


def test_a_merge_and_its_undoing_move_the_points(march: Round, spring: Season) -> None:
    alice, bob = (SimProfile.objects.get(profile_name=name) for name in ("Alice Amber", "Bob Birch"))
    merge = merging.merge(alice.pk, bob.pk, by=User.objects.create_user("staff", is_staff=True))
    # One start a driver and race: the better of the two.
    assert shown(spring) == ["1 Alice Amber 25"]
    merging.undo(merge, by=User.objects.get())
    assert shown(spring) == ["1 Alice Amber 25", "2 Bob Birch 18"]


def test_what_changed_while_standings_were_made_is_still_due(
    march: Round, spring: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    due.note([spring.pk])
    read = renewing.reading.read

    def meanwhile(season: Season) -> Any:
        due.note([season.pk])
        return read(season)

    monkeypatch.setattr(renewing.reading, "read", meanwhile)
    assert renewing.renew_due(spring.pk)
    assert spring.due.count() == 1
    monkeypatch.undo()
    assert renewing.renew_due(spring.pk)
    assert not renewing.renew_due(spring.pk)


def test_a_season_that_cannot_be_added_up_stays_due_and_holds_up_no_other(
    march: Round, spring: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Season(league=spring.league, simulator=spring.simulator, name="Autumn", slug="autumn")
    making.make(other)
    due.note([spring.pk, other.pk])
    renew = renewing.renew

    def fails(season: int) -> None:
        if season == spring.pk:
            raise OverflowError
        renew(season)

    monkeypatch.setattr(renewing, "renew", fails)
    renewing.finish_due()
    assert list(StandingsDue.objects.values_list("season", flat=True)) == [spring.pk]


def test_an_organiser_chooses_the_event_of_a_round_or_none(march: Round, spring: Season, cup: League) -> None:
    event = Event.objects.get()
    rounds.choose(march, None)
    assert shown(spring) == []
    second = spring.rounds.get(number=2)
    rounds.choose(second, event)
    assert shown(spring) == ["1 Alice Amber 25", "2 Bob Birch 18"]
    with pytest.raises(Refused, match="round already"):
        rounds.choose(march, event)
    rounds.choose(second, None)
    # Not found again by itself, though it was near.
    assert shown(spring) == []
    elsewhere = League.objects.create(name="Another", slug="another")
    Event.objects.filter(pk=event.pk).update(league=elsewhere, scope=0)
    event.refresh_from_db()
    with pytest.raises(Refused, match="not one of this league"):
        rounds.choose(march, event)
    Event.objects.filter(pk=event.pk).update(league=cup, scope=0, simulator=Simulator.objects.get(slug="iracing"))
    event.refresh_from_db()
    with pytest.raises(Refused, match="not one of this league"):
        rounds.choose(march, event)


def test_an_event_that_another_season_took_at_that_moment_stays_there(
    march: Round, spring: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Season(league=spring.league, simulator=spring.simulator, name="Autumn", slug="autumn", state="running")
    making.make(other)
    wants = plan(other, 1, 3, 1)
    # As if it was looked at before the first season took it.
    Round.objects.filter(pk=march.pk).update(event=None)
    event = Event.objects.get()
    free_events = finding._free_events

    def taken_meanwhile(*asked: Any) -> list[Event]:
        found = free_events(*asked)
        assert found == [event]
        Round.objects.filter(pk=march.pk).update(event=event)
        return found

    monkeypatch.setattr(finding, "_free_events", taken_meanwhile)
    renewing.renew(other.pk)
    wants.refresh_from_db()
    assert wants.event is None


def test_a_final_season_takes_no_event_by_itself(spring: Season, tmp_path: Path) -> None:
    plan(spring, 1, 3, 1)
    Season.objects.update(state=Season.State.FINAL)
    bring(tmp_path, (MARCH, race(A, B)), league=spring.league)
    assert shown(spring) == []


def table(season: Season, counts_for: str, preset: str) -> PointsTable:
    made = PointsTable.objects.create(season=season, name=f"For {counts_for}", counts_for=counts_for)
    tables.fill(made, preset)
    return made


def sessions_of(cup: League, *sessions: dict[str, Any]) -> tuple[Season, Round]:
    simulator = Simulator.objects.get(slug="iracing")
    season = Season(league=cup, simulator=simulator, name="Heats", slug="heats", state=Season.State.RUNNING)
    making.make(season)
    return season, plan(season, 1, 3, 1)


def iracing(number: int, name: str, *order: int) -> dict[str, Any]:
    results = [iracing_result(100_000 + each, place) for place, each in enumerate(order)]
    return iracing_session(number, *results, simsession_name=name)


def test_heats_features_sprints_and_second_races_have_the_tables_that_are_for_them(cup: League, tmp_path: Path) -> None:
    season, planned = sessions_of(cup)
    names = ("Heat 1", "Feature", "Sprint", "Race", "Race 2")
    document = iracing_document(*(iracing(number - 5, name, 1, 2) for number, name in enumerate(names)))
    bring(tmp_path, ("i.json", document), league=cup)
    shown(season)
    race_table = season.points_tables.get()

    def by_name() -> dict[str, str | None]:
        names = dict(Session.objects.values_list("number", "name"))
        return {names[each.session_number]: each.table and each.table.counts_for for each in planned.races.all()}

    stages = dict(Session.objects.values_list("name", "stage"))
    assert stages == {"Heat 1": "heat", "Feature": "feature", "Sprint": "", "Race": "", "Race 2": ""}
    # A heat is scored only by a table for heats.
    assert by_name() == {"Heat 1": None, "Feature": "race", "Sprint": "race", "Race": "race", "Race 2": "race"}
    for counts_for, preset in (("heat", "f1-sprint"), ("feature", "gt"), ("sprint", "f1-sprint"), ("second", "linear")):
        table(season, counts_for, preset)
    # A choice of the organiser's stays.
    second = Session.objects.get(name="Sprint").number
    rounds.choose_table(planned, second, race_table)
    shown(season)
    assert by_name() == {"Heat 1": "heat", "Feature": "feature", "Sprint": "race", "Race": "race", "Race 2": "second"}
    # Withdrawn, the first race is still the first one.
    number = Session.objects.get(name="Race").number
    file = ResultFile.objects.get()
    index = file.standing.get(session__number=number).number
    versions.withdraw(file.event, file=file, number=index, by=None, reason="wrong")
    shown(season)
    assert RoundRace.objects.get(session_number=Session.objects.get(name="Race 2").number).table.counts_for == "second"  # type: ignore[union-attr]
    with pytest.raises(Refused, match="not one of this season"):
        rounds.choose_table(planned, second, PointsTable.objects.create(season=_another(season), name="Other"))


def _another(season: Season) -> Season:
    other = Season(league=season.league, simulator=season.simulator, name="Autumn", slug="autumn")
    other.save()
    return other


def test_a_driver_without_an_id_is_one_by_the_name_within_the_league(spring: Season, tmp_path: Path) -> None:
    plan(spring, 1, 3, 1)
    plan(spring, 2, 4, 5)
    renamed = ("NORA", "Näme", "123")
    bring(tmp_path, (MARCH, race(A, NAMELESS)), (APRIL, race(renamed, A)), league=spring.league)
    assert shown(spring) == ["1 NORA Näme 43", "2 Alice Amber 43"]
    assert spring.standings.get(place=1).key == "n:nora name"


def test_how_much_was_won_in_a_round(march: Round, spring: Season, tmp_path: Path) -> None:
    cara = ("Cara", "Cyan", "S76561190000000003")
    bring(tmp_path, (APRIL, race(cara, B, A)), league=spring.league)
    assert shown(spring) == ["1 Alice Amber 40", "2 Bob Birch 36", "3 Cara Cyan 25"]
    assert list(spring.standings.values_list("gained", flat=True)) == [0, 0, None]
    cara_row = spring.standings.get(name="Cara Cyan")
    number = Session.objects.get(event=spring.rounds.get(number=2).event).number
    assert [each["points"] for each in cara_row.rounds] == [None, "25"]
    assert cara_row.rounds[1] == {
        "round": spring.rounds.get(number=2).pk,
        "number": 2,
        "points": "25",
        "total": "25",
        "place": 3,
        "races": [{"session": number, "place": 1, "status": "finished", "points": "25", "fastest": True}],
    }
    assert (cara_row.starts, cara_row.wins, cara_row.podiums, cara_row.fastest_laps) == (1, 1, 1, 1)


def test_a_decision_of_the_stewards_changes_the_champion(march: Round, spring: Season) -> None:
    place = Place(ResultFile.objects.get().pk, 0)
    taken = rule(place, 0, Ruling.Kind.POINTS, value=-8, reason="contact", by=None)
    assert shown(spring) == ["1 Bob Birch 18", "2 Alice Amber 17"]
    undo(taken.pk, reason="another car", by=None)
    assert shown(spring) == ["1 Alice Amber 25", "2 Bob Birch 18"]
    penalty = rule(place, 0, Ruling.Kind.PLACES, value=1, reason="contact", by=None)
    assert shown(spring) == ["1 Bob Birch 25", "2 Alice Amber 18"]
    undo(penalty.pk, reason="another car", by=None)
    rule(place, 0, Ruling.Kind.REMOVED, reason="another car's transponder", by=None)
    assert shown(spring) == ["1 Bob Birch 25"]


def test_standings_are_made_in_the_same_statements_however_long_the_season(
    march: Round, spring: Season, tmp_path: Path, django_assert_num_queries: Any
) -> None:
    plan(spring, 3, 6, 1)
    with django_assert_num_queries(24):
        renewing.renew(spring.pk)
    cara = ("Cara", "Cyan", "S76561190000000003")
    bring(tmp_path, (APRIL, race(cara, B, A)), league=spring.league)
    shown(spring)
    with django_assert_num_queries(24):
        renewing.renew(spring.pk)


def test_standings_that_are_not_what_the_results_give_are_found(march: Round, spring: Season) -> None:
    def astray() -> dict[str, tuple[int, tuple[str, ...]]]:
        return {each.check: (each.count, each.first) for each in findings() if each.count}

    assert astray() == {}
    for changed in ({"points": 26}, {"rounds": []}, {"place": 1}):
        spring.standings.filter(row=2).update(**changed)
        assert astray() == {"standings": (1, (str(spring.pk),))}
        due.note([spring.pk])
        # It is known, and being done.
        assert astray() == {}
        shown(spring)
        assert astray() == {}


def test_only_seasons_that_an_event_can_be_of_are_made_anew(march: Round, spring: Season, tmp_path: Path) -> None:
    """Those it is a round of, and those of its league that wait for one."""
    names = ("waits", "full", "over", "cancelled", "elsewhere")
    others = {name: Season(league=spring.league, simulator=spring.simulator, name=name, slug=name) for name in names}
    others["over"].state = Season.State.FINAL
    others["elsewhere"].league = League.objects.create(name="Another", slug="another")
    for name, other in others.items():
        other.save()
        plan(other, 1, 7, 1, finds_event=name != "full", cancelled=name == "cancelled")
    StandingsDue.objects.all().delete()
    event = Event.objects.get()
    due.note_events(events={event.pk})
    assert set(StandingsDue.objects.values_list("season", flat=True)) == {spring.pk, others["waits"].pk}
    StandingsDue.objects.all().delete()
    Event.objects.update(league=None, scope=SHARED)
    due.note_events(events={event.pk})
    assert list(StandingsDue.objects.values_list("season", flat=True)) == [spring.pk]
