"""The way back, and forward again: nothing that happened on either side is lost (rule 10)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.utils import timezone

from simlane.leagues import models as leagues
from simlane.leagues import trust
from simlane.leagues.seasons import entry_list, making, rounds
from simlane.results import models as results
from simlane.results.deciding import rule, undo
from simlane.results.importer import Importer
from simlane.results.models import NewProfiles, ResultFile, Ruling
from simlane.results.rulings.standing import Place
from simlane.sim import models
from simlane.sim.integrity import findings
from simlane.sim.legacy import batches
from simlane.sim.legacy.progress import listening
from simlane.sim.ownership import claims, codes, lapsing, merging
from simlane.users.models import User
from tests import databases
from tests.results.builders import iracing_document, iracing_result, iracing_session
from tests.sim.migrations.conftest import HEAD, LEGACY, LEGACY_COLUMNS, Migrate, Old, dump, empty_legacy, models_at

NEW_TABLES = (
    "sim_simprofile",
    "sim_profilename",
    "sim_nameword",
    "sim_contestedidentifier",
    "sim_legacyprofile",
    "sim_simulator",
    "sim_track",
    "sim_car",
    "sim_event",
    "sim_session",
    "sim_entry",
    "sim_entrydriver",
    "sim_lap",
    "sim_personalbest",
    "results_resultfile",
    "results_sessionfile",
    "results_decision",
    "results_drivensession",
    "results_sessionversion",
    "results_ruling",
    "results_rulingoutcome",
    "results_newprofiles",
    "sim_historyentry",
    "sim_ownershipcode",
    "sim_claim",
    "sim_claimimage",
    "sim_merge",
    "sim_mergeddrive",
    "sim_linkreminder",
    "sim_league",
    "leagues_membership",
    "leagues_invitation",
    "leagues_token",
    "leagues_upload",
    "leagues_uploadedfile",
    "leagues_report",
    "leagues_season",
    "leagues_seasonclass",
    "leagues_pointstable",
    "leagues_placepoints",
    "leagues_round",
    "leagues_roundrace",
    "leagues_team",
    "leagues_seasonentry",
    "leagues_incident",
    "leagues_namerequest",
    "sim_leaguedriver",
    "results_detachment",
    "results_namedecision",
)


@pytest.fixture
def populated(migrate: Migrate) -> None:
    """At the old release's schema: owners, odd rows, verified and not, a contested id."""
    be_populated()


@pytest.fixture
def moved(migrate: Migrate) -> None:
    """The same rows at the newest schema."""
    be_moved(migrate)


@pytest.fixture
def used(migrate: Migrate, tmp_path_factory: pytest.TempPathFactory) -> None:
    """And after weeks of use there."""

    def go() -> None:
        be_moved(migrate)
        use(tmp_path_factory.mktemp("used"))

    databases.prepare("used", go)


def go_back(migrate: Migrate) -> Apps:
    """From `used`, to the old release's schema; the models as they are there."""

    def go() -> None:
        migrate(LEGACY)

    databases.prepare("used_and_back", go)
    return models_at(LEGACY)


def come_again(migrate: Migrate) -> None:
    """And from there to the newest schema."""

    def go() -> None:
        migrate(HEAD)

    databases.prepare("used_and_back_again", go)


def be_populated() -> None:
    def fill() -> None:
        old = empty_legacy()
        old.profile("Alice Amber", {"cust_id": 100001}, verified=True)
        old.profile("Alice Amber", {"cust_id": 100002}, verified=False)
        old.profile("", [], user="bob")
        old.profile("X" * 255, {"player_id": "S76561190000000001"}, user="bob", simulator="acc", verified=True)
        old.profile("İ ΣΑΣ", {"cust_id": "5"}, user="bob", verified=True)
        old.profile("Late", {"cust_id": "0005"}, user="carol", verified=False)

    databases.prepare("populated", fill)


def be_moved(migrate: Migrate) -> None:
    def go() -> None:
        be_populated()
        migrate(HEAD)

    databases.prepare("moved", go)


def legacy_rows() -> list[tuple[str, ...]]:
    return dump("sim_simprofile", LEGACY_COLUMNS)


def everything() -> dict[str, list[tuple[str, ...]]]:
    return {table: dump(table) for table in NEW_TABLES}


def use(tmp_path: Path) -> None:
    """Weeks of use at the newest schema: results, a rename, unlinking, hiding, a second driver."""
    results = [iracing_result(100001, 0, display_name="Alicia Amber"), iracing_result(777777, 1)]
    (tmp_path / "one.json").write_text(json.dumps(iracing_document(iracing_session(0, *results))))
    report = Importer().run([tmp_path])
    assert not report.refused
    place = Place(ResultFile.objects.get().pk, 0)
    undo(rule(place, 0, Ruling.Kind.DISQUALIFIED, reason="contact", by=None).pk, reason="it was another", by=None)
    rule(place, 1, Ruling.Kind.POINTS, value=-3, reason="contact", by=None)
    drive(models.Entry.objects.earliest("pk"))
    alice = models.SimProfile.objects.get(profile_identifier="100001")
    assert alice.profile_name == "Alicia Amber"
    models.SimProfile.objects.filter(pk=alice.pk).update(is_public=False)
    models.SimProfile.objects.filter(profile_identifier="100002").update(
        linked_user=None, linked_at=None, is_verified=False
    )
    own(alice)


def drive(entry: models.Entry) -> None:
    """Three laps: through the pits, not, and nobody knows."""
    models.Lap.objects.bulk_create(
        models.Lap(entry=entry, number=number, seat=0, pit=pit) for number, pit in enumerate((True, False, None), 1)
    )


def own(alice: models.SimProfile) -> None:
    """And ownership work: a code, a claim with a picture, a reminder, a merge, an undone one."""
    bob, staff = User.objects.get(username="bob"), User.objects.create(username="boss", password="!")
    free = models.SimProfile.objects.get(profile_identifier="777777")
    free.link_to_user(bob)
    codes.issue(free, bob)
    lapsing.remind(timezone.now() + timedelta(days=11))
    claim = claims.submit(alice, bob, "It is mine, after all.")
    models.ClaimImage.objects.create(claim=claim, picture=b"a picture", width=3, height=2)
    other = models.SimProfile.objects.get(profile_identifier="100002")
    merging.undo(merging.merge(alice.pk, other.pk, by=staff), by=staff)
    merging.merge(alice.pk, other.pk, by=staff)
    organise(bob)


def organise(bob: User) -> None:
    """And a league: the event is its, and each of its tables has a row."""
    league = models.League.objects.create(name="Sunday Cup", slug="sunday-cup")
    models.Event.objects.update(league=league)
    NewProfiles.objects.create(league=league, day=timezone.now().date(), number=2)
    leagues.Membership.objects.create(league=league, user=bob, role="owner")
    leagues.Invitation.objects.create(league=league, digest="i", role="steward", made_by=bob, expires_at=timezone.now())
    leagues.Token.objects.create(league=league, name="A server", digest="t", beginning="simlane_t", made_by=bob)
    upload = leagues.Upload.objects.create(league=league, user=bob, way="token")
    event = models.Event.objects.get()
    leagues.UploadedFile.objects.create(upload=upload, number=0, name="one.json", outcome="imported", event=event)
    profile = models.SimProfile.objects.get(simulator=event.simulator, profile_identifier="100001")
    detachment = results.Detachment.objects.create(event=event, profile=profile, number=1, made_by=bob)
    leagues.Report.objects.create(
        event=event, user=bob, kind="not_me", message="It is wrong.", profile=profile, number=1, detachment=detachment
    )
    driver = models.LeagueDriver.objects.create(
        league=league, simulator=event.simulator, folded="max", name="Max", profile=profile, tied_at=timezone.now()
    )
    models.EntryDriver.objects.filter(profile=profile).update(league_driver=driver)
    results.NameDecision.objects.create(driver=driver, what="tied", by=bob)
    leagues.NameRequest.objects.create(driver=driver, user=bob)
    season = leagues.Season(league=league, simulator=event.simulator, name="Spring", slug="spring")
    table = making.make(season)
    planned = leagues.Round.objects.create(season=season, number=1, event=event, track=event.track)
    rounds.choose_table(planned, 0, table)
    entry_list.take(season, b"driver,driver_id,team,class\nAlicia,100001,Amber,Pro\n")
    leagues.Incident.objects.create(event=event, session=0, session_name="Race", user=bob, message="He hit me.")
    models.League.objects.update(trusted=True, recount_due=True)
    trust.finish_recounts()
    now = timezone.now()
    models.League.objects.create(name="Gone", slug="gone", stopped_at=now, stopped_for="made up", archived_at=now)


def test_what_is_in_twice_in_scopes_of_its_own_comes_back_so(moved: None, migrate: Migrate, tmp_path: Path) -> None:
    """An older schema has a number and a digest once; of those that are in twice, what counts has its own there."""
    (tmp_path / "one.json").write_text(json.dumps(iracing_document()))
    unconfirmed = [models.League.objects.create(name=f"Cup {number}", slug=f"cup-{number}") for number in range(2)]
    for league in (*unconfirmed, None):
        assert Importer(league=league).run([tmp_path]).imported == 1
    before = everything()
    numbers = migrate("0039_keep_leagues").get_model("sim", "Event").objects.filter(platform_id="70000001")
    assert list(numbers.values_list("league", flat=True)) == [None]
    migrate(LEGACY)
    migrate(HEAD)
    assert everything() == before
    assert [finding.check for finding in findings() if finding.count] == []


def test_a_league_that_was_confirmed_and_events_that_were_taken_out_at_an_older_schema_count_as_that_says(
    moved: None, migrate: Migrate, tmp_path: Path
) -> None:
    (tmp_path / "one.json").write_text(json.dumps(iracing_document()))
    league = models.League.objects.create(name="Cup", slug="cup")
    for each in (league, None):
        assert Importer(league=each).run([tmp_path]).imported == 1
    migrate("0039_keep_leagues").get_model("sim", "Event").objects.update(league=None)
    migrate(HEAD)
    # Of two that are the site's now, one has the number: the other is another event.
    assert models.Event.objects.filter(scope=0).count() == 2
    assert models.Event.objects.filter(platform_id="70000001").count() == 1
    assert ResultFile.objects.count() == 2


@pytest.mark.parametrize(
    "point", ["0009_add_profile_fields", "0010_migrate_profile_data", "0011_add_unique_constraint", "0012_remove_user"]
)
def test_back_from_any_point_restores_every_row_exactly(populated: None, migrate: Migrate, point: str) -> None:
    before = legacy_rows()
    migrate(point)
    migrate(LEGACY)
    assert legacy_rows() == before


def test_back_from_the_newest_restores_every_row_exactly_but_for_what_somebody_changed_there(
    populated: None, migrate: Migrate, subtests: pytest.Subtests
) -> None:
    before = set(legacy_rows())
    be_moved(migrate)
    profiles = models.SimProfile.objects
    profiles.filter(profile_identifier="100001").update(is_verified=False)
    steam, alice = profiles.get(profile_identifier="76561190000000001"), User.objects.get(username="alice")
    profiles.filter(pk=steam.pk).update(linked_user=alice, linked_at=timezone.now() + timedelta(days=1))
    rows = migrate(LEGACY).get_model("sim", "SimProfile").objects
    with subtests.test("a verification that somebody changed since stays changed"):
        verified = dict(rows.values_list("profile_data__cust_id", "is_verified"))
        assert (verified[100001], verified[100002]) == (False, False)
    with subtests.test("a profile linked anew goes back to its new owner"):
        row = rows.get(pk=steam.pk)
        assert (row.user_id, row.is_verified) == (alice.pk, True)
    with subtests.test("every other row is as it was"):
        assert len(before & set(legacy_rows())) == len(before) - 2


def test_forward_back_forward_is_the_identity(
    used: None, migrate: Migrate, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    before = everything()
    unlinked = set(models.SimProfile.objects.filter(linked_user=None).values_list("pk", flat=True))
    apps = go_back(migrate)
    with subtests.test("a profile without an owner is kept aside"):
        assert not apps.get_model("sim", "SimProfile").objects.filter(pk__in=unlinked).exists()
    come_again(migrate)
    with subtests.test("and comes back"):
        assert unlinked <= set(models.SimProfile.objects.values_list("pk", flat=True))
    assert everything() == before
    assert [finding.check for finding in findings() if finding.count] == []
    with subtests.test("keys go on behind the rows that came back"):
        (tmp_path / "two.json").write_text(json.dumps(iracing_document(subsession_id=70000002)))
        assert not Importer().run([tmp_path]).refused
        assert models.Event.objects.count() == 2
        assert models.Entry.objects.count() == 4


def test_pits_that_were_not_all_put_back_are_kept_over_another_way_back(used: None, migrate: Migrate) -> None:
    migrate("0054_compare_is_no_simulator")
    # As where the way forward is interrupted before it puts anything back.
    migrate("0055_lap_pit")
    models.Lap.objects.filter(number__in=(2, 3)).update(pit=True)
    migrate("0054_compare_is_no_simulator")
    migrate(HEAD)
    # What a lap says by then counts.
    assert list(models.Lap.objects.order_by("number").values_list("pit", flat=True)) == [True, True, True]
    assert "kept_sim_lap_pit" not in connection.introspection.table_names()


def test_twice_there_and_back_is_the_identity_too(used: None, migrate: Migrate) -> None:
    before = everything()
    go_back(migrate)
    come_again(migrate)
    for point in ("0010_migrate_profile_data", LEGACY, HEAD):
        migrate(point)
    assert everything() == before


def test_a_backfill_that_was_interrupted_goes_back(
    populated: Old, migrate: Migrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`is_verified` of the rows that it has written is the old model's again."""
    for name in ("FIRST", "SMALLEST", "LARGEST"):
        monkeypatch.setattr(batches, name, 2)
    before = legacy_rows()

    def stop(step: str, rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), listening(stop):
        migrate(HEAD)
    migrate(LEGACY)
    assert legacy_rows() == before


def test_a_second_way_forward_that_was_interrupted_goes_on_and_goes_back(
    used: None, migrate: Migrate, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    """Rows come back one at a time, and it ends after the first of each table."""
    before = everything()
    go_back(migrate)
    for name in ("FIRST", "SMALLEST", "LARGEST", "ALONE"):
        monkeypatch.setattr(batches, name, 1)

    def end_at(table: str) -> None:
        def stop(step: str, rows: int) -> None:
            if step == f"kept_{table}":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), listening(stop):
            migrate(HEAD)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM kept_{table}")
            assert cursor.fetchone()[0] > 0

    tables = ("sim_simprofile", "sim_legacyprofile", "sim_profilename", "sim_entrydriver")
    for table in tables:
        with subtests.test("it goes back", table=table):
            end_at(table)
            migrate(LEGACY)
    for table in tables:
        with subtests.test("it goes on", table=table):
            end_at(table)
    migrate(HEAD)
    assert everything() == before


def test_what_the_old_release_did_meanwhile_is_respected(used: None, migrate: Migrate) -> None:
    raced = models.SimProfile.objects.get(profile_identifier="100001").pk
    old = Old(go_back(migrate))
    rows = old.apps.get_model("sim", "SimProfile").objects
    contested = rows.get(profile_name="İ ΣΑΣ").pk
    steam = rows.get(profile_name="X" * 255).pk
    # It adds a profile, renames one, corrects another's id, deletes one that raced, and an account.
    added = old.profile("Dora", {"cust_id": 31}, user="dora")
    rows.filter(pk=contested).update(profile_name="Renamed")
    rows.filter(pk=steam).update(profile_data={"player_id": "S76561190000000002"})
    rows.filter(pk=raced).delete()
    rows.filter(user__username="carol").delete()
    old.user("carol").delete()

    new = migrate(HEAD).get_model("sim", "SimProfile").objects
    assert new.get(pk=added).profile_identifier == "31"
    assert new.get(pk=contested).profile_name == "Renamed"
    assert new.get(pk=contested).names.filter(folded="renamed").exists()
    assert new.get(pk=steam).profile_identifier == "76561190000000002"
    back = new.get(pk=raced)
    assert (back.linked_user_id, back.is_verified, back.is_public, back.starts) == (None, False, True, 1)
    assert not new.filter(profile_name="Late").exists()
    assert models.EntryDriver.objects.filter(profile=raced).count() == 1
    # Only what belonged to the profile that is gone waits aside, and does not stop another way back.
    with connection.cursor() as cursor:
        kept = {table for table in connection.introspection.table_names(cursor) if table.startswith("kept_")}
    assert kept == {"kept_sim_linkreminder_1", "kept_sim_profilename_1"}
    assert not [finding for finding in findings() if finding.count]
    before = everything()
    migrate(LEGACY)
    migrate(HEAD)
    assert everything() == before


def test_results_keep_their_simulator(used: None, migrate: Migrate) -> None:
    raced = models.SimProfile.objects.get(profile_identifier="100001")
    old = Old(go_back(migrate))
    rows = old.apps.get_model("sim", "SimProfile").objects
    idle = rows.get(profile_data__player_id__isnull=False).pk
    # The old release says that both are driven on another simulator.
    rows.filter(pk=raced.pk).update(simulator=old.simulators["home-brew"])
    rows.filter(pk=idle).update(simulator=old.simulators["home-brew"])
    new = migrate(HEAD).get_model("sim", "SimProfile").objects
    assert new.get(pk=raced.pk).simulator_id == raced.simulator_id
    assert new.get(pk=raced.pk).profile_identifier == "100001"
    assert new.get(pk=idle).simulator.slug == "home-brew"
    assert new.get(pk=idle).profile_identifier.endswith(str(idle))
    assert not [finding for finding in findings() if finding.count]


def test_results_of_events_the_old_release_deleted_stay_kept_aside(used: None, migrate: Migrate) -> None:
    go_back(migrate).get_model("sim", "Event").objects.all().delete()
    migrate(HEAD)
    assert not models.Session.objects.exists()
    with connection.cursor() as cursor:
        assert "kept_sim_session_1" in connection.introspection.table_names(cursor)
        cursor.execute("SELECT COUNT(*) FROM kept_sim_session_1")
        assert cursor.fetchone() == (1,)


def test_a_simulator_that_moved_aside_for_the_page_that_compares_has_its_slug_again(migrate: Migrate) -> None:
    def slug() -> str:
        return simulators.values_list("slug", flat=True).get(name="Compare")

    simulators = migrate("0053_lap_key").get_model("sim", "Simulator").objects
    simulators.create(name="Compare", slug="compare")
    migrate("0054_compare_is_no_simulator")
    assert slug().startswith("compare-")
    migrate("0053_lap_key")
    assert slug() == "compare"
