"""Pages for visitors are kept until the commit that changes them, and what differs from visitor to visitor is not."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection, connections, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from waffle import get_waffle_flag_model
from waffle.testutils import override_flag

from simlane.config.pages import versions, warm
from simlane.leagues.models import Season
from simlane.leagues.seasons import making
from simlane.profiles import addresses
from simlane.ratings import recomputing
from simlane.ratings.models import Rating
from simlane.results.importer import Importer
from simlane.sim import shown
from simlane.sim.models import Event, League, Session, SimProfile, Simulator, TrackRecord
from simlane.sim.ownership import linking
from simlane.users.models import User
from tests.ratings import stored
from tests.ratings.stored import settle
from tests.results.builders import iracing_document

ADDRESS = "/profiles/iracing/100001/"


class Visitor(Client):
    """Asks after a commit: a test's transaction has none, and the versions are written as one would."""

    def request(self, **request: Any) -> Any:
        own = connections["default"]
        if shown.of(own):
            versions.store(own)
            if own.vendor == "postgresql":
                # A commit would have ended what was set for it.
                with own.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        return super().request(**request)

    def tag(self, address: str, **headers: str) -> str:
        """The ETag of a page that is kept, and its version therefore."""
        response = self.get(address, headers=headers)
        assert response.status_code == 200
        return str(response["ETag"])


@pytest.fixture
def client() -> Visitor:
    return Visitor()


@pytest.fixture
def alice(db: None) -> SimProfile:
    return driver("100001", "Alice Amber")


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("olivia")


def driver(identifier: str, name: str, **fields: Any) -> SimProfile:
    simulator = Simulator.objects.get(slug="iracing")
    return SimProfile.objects.create(
        simulator=simulator, profile_identifier=identifier, profile_name=name, name_key=name.casefold(), **fields
    )


@pytest.mark.usefixtures("alice")
def test_a_page_is_made_once_and_then_answered_after_one_statement(
    client: Visitor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = client.get(ADDRESS)
    with django_assert_num_queries(1):
        second = client.get(ADDRESS)
    assert (second.status_code, second.content) == (200, first.content)
    assert second["Cache-Control"] == "no-cache"
    assert {"HX-Request", "Cookie"} <= set(second["Vary"].split(", "))
    for header in ("ETag", "Content-Type", "Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options"):
        assert second[header] == first[header]
    # It needs no cache.
    caches["pages"].clear()
    with django_assert_num_queries(1):
        third = client.get(ADDRESS, headers={"If-None-Match": f"W/{first['ETag']}"})
    assert (third.status_code, third.content) == (304, b"")
    assert third["ETag"] == first["ETag"]
    assert set(third["Vary"].split(", ")) == set(second["Vary"].split(", "))


def test_a_change_is_seen_at_once_and_other_pages_stay(client: Visitor, alice: SimProfile, owner: User) -> None:
    driver("100002", "Bob Birch")
    pages = (ADDRESS, "/profiles/", "/profiles/iracing/100002/")
    before = [client.tag(page) for page in pages]
    alice.link_to_user(owner)
    after = [client.tag(page) for page in pages]
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, False, True]


def test_a_private_profile_is_gone_with_the_commit_that_hides_it(
    client: Visitor, alice: SimProfile, owner: User
) -> None:
    alice.link_to_user(owner, verified=True)
    known, listed = client.tag(ADDRESS), client.tag("/profiles/")
    linking.set_visibility(alice, owner, public=False)
    assert client.get(ADDRESS, headers={"If-None-Match": known}).status_code == 404
    assert b"Alice Amber" not in client.get("/profiles/", headers={"If-None-Match": listed}).content


def test_results_of_who_hides_lose_their_link_with_it(client: Visitor, tmp_path: Path, owner: User) -> None:
    (tmp_path / "one.json").write_text(json.dumps(iracing_document()))
    assert not Importer().run([tmp_path]).refused
    event = Event.objects.get()
    profile = SimProfile.objects.get(profile_identifier="100001")
    profile.link_to_user(owner, verified=True)
    assert ADDRESS in client.get(event.get_absolute_url()).content.decode()
    linking.set_visibility(profile, owner, public=False)
    assert ADDRESS not in client.get(event.get_absolute_url()).content.decode()


def test_a_withdrawn_result_is_gone_with_its_commit(client: Visitor, alice: SimProfile) -> None:
    event = Event.objects.create(simulator=alice.simulator, name="Round 1", listed_at=timezone.now())
    address = event.get_absolute_url()
    known = client.tag(address)
    Event.objects.filter(pk=event.pk).update(withdrawn_at=timezone.now())
    assert client.get(address, headers={"If-None-Match": known}).status_code == 404


@pytest.mark.usefixtures("alice")
def test_an_import_changes_its_event_its_drivers_and_lists(client: Visitor, tmp_path: Path) -> None:
    driver("999999", "Nobody Near")
    (tmp_path / "one.json").write_text(json.dumps(iracing_document()))
    pages = (ADDRESS, "/events/", "/profiles/iracing/999999/")
    before = [client.tag(page) for page in pages]
    assert not Importer().run([tmp_path]).refused
    after = [client.tag(page) for page in pages]
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, False, True]


@pytest.mark.parametrize(
    ("statement", "writes"),
    [
        ('UPDATE "sim_simprofile" SET "profile_name" = %s', True),
        ("WITH new(key) AS (VALUES (%s)) UPDATE sim_simprofile SET starts = 1 FROM new", True),
        ('  INSERT OR IGNORE INTO "sim_track" ("name") VALUES (%s)', True),
        ("\ndelete from sim_event", True),
        ('TRUNCATE "django_session", "sim_event"', True),
        ("SET LOCAL jit = off; UPDATE sim_event SET name = %s", True),
        ("ALTER TABLE sim_event ADD COLUMN more integer", True),
        ('UPDATE "users_user" SET "is_active" = %s', True),
        ('UPDATE "users_user" SET "last_login" = %s WHERE "users_user"."id" = %s', False),
        ('INSERT INTO "django_session" ("session_key") VALUES (%s)', False),
        ("INSERT INTO watch_day (day) VALUES (%s) ON CONFLICT (day) DO UPDATE SET count = 1", False),
        ('SELECT "sim_event"."id" FROM "sim_event" FOR UPDATE', False),
        ("SAVEPOINT x", False),
    ],
)
def test_which_statements_change_pages(statement: str, writes: bool) -> None:
    assert versions.writes_shown(statement) is writes


@pytest.mark.django_db(transaction=True)
def test_versions_change_with_commits_and_only_with_them() -> None:
    def version() -> str | None:
        return versions.read(versions.LISTS)

    alice = driver("100001", "Alice Amber")
    seen = [version()]
    # A statement that is its own transaction.
    SimProfile.objects.update(starts=1)
    seen.append(version())
    with transaction.atomic():
        SimProfile.objects.update(starts=2)
        assert version() is None
    seen.append(version())
    with shown.only():
        SimProfile.objects.filter(pk=alice.pk).update(starts=3)
    seen.append(version())
    assert len(set(seen)) == len(seen)
    with transaction.atomic():
        SimProfile.objects.update(starts=4)
        transaction.set_rollback(True)
    list(SimProfile.objects.all())
    assert version() == seen[-1]


@pytest.mark.usefixtures("alice")
def test_a_page_made_of_rows_from_before_a_commit_is_asked_for_by_nobody(
    client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = warm.WarmPagesMiddleware._made

    def overtaken(self: Any, request: Any) -> Any:
        """Another process commits after the page was made, and before it is kept."""
        found = make(self, request)
        SimProfile.objects.update(profile_name="Ada")
        versions.store(connections["default"])
        return found

    monkeypatch.setattr(warm.WarmPagesMiddleware, "_made", overtaken)
    assert b"Alice Amber" in client.get(ADDRESS).content
    monkeypatch.undo()
    assert b"Alice Amber" not in client.get(ADDRESS).content


def test_what_is_not_committed_is_kept_for_nobody(alice: SimProfile) -> None:
    assert alice.pk
    assert "ETag" not in Client().get(ADDRESS)


@pytest.mark.usefixtures("alice")
def test_a_member_gets_no_page_of_others_and_others_none_of_a_member(client: Visitor, owner: User) -> None:
    member = Visitor()
    member.force_login(owner)
    known = client.tag(ADDRESS)
    own = member.get(ADDRESS, headers={"If-None-Match": known})
    assert (own.status_code, "ETag" in own) == (200, False)
    assert "no-store" in own["Cache-Control"]
    assert b"olivia" in own.content
    again = client.get(ADDRESS)
    assert again["ETag"] == known
    assert b"olivia" not in again.content


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("name", ["anything", "messages", "dwf_public_profiles"])
def test_who_has_a_cookie_is_answered_as_ever(client: Visitor, name: str) -> None:
    client.cookies[name] = "1"
    assert "ETag" not in client.get(ADDRESS)


@pytest.mark.usefixtures("alice")
def test_fragments_and_whole_pages_are_told_apart(client: Visitor) -> None:
    whole = client.get("/profiles/")
    part = client.get("/profiles/", headers={"HX-Request": "true"})
    boosted = client.get("/profiles/", headers={"HX-Request": "true", "HX-Boosted": "true"})
    assert len({each["ETag"] for each in (whole, part, boosted)}) == 3
    assert [b"<html" in each.content for each in (whole, part, boosted)] == [True, False, True]
    again = client.get("/profiles/", headers={"HX-Request": "true", "If-None-Match": whole["ETag"]})
    assert (again.status_code, again.content) == (200, part.content)


@pytest.mark.usefixtures("alice")
def test_addresses_are_told_apart(client: Visitor) -> None:
    assert len({client.tag(each) for each in (ADDRESS, f"{ADDRESS}?results=all", "/", "/?x=1", "/events/")}) == 5
    assert client.tag("/", host="localhost") != client.tag("/", host="127.0.0.1")


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize(
    "address", [f"{ADDRESS}x", "/profiles/?sort=nothing", "/nowhere/", "/profiles/search/?q=alice", f"/?{'x' * 400}"]
)
def test_what_is_no_page_for_everybody_is_not_kept(client: Visitor, address: str) -> None:
    assert "ETag" not in client.get(address)


@pytest.mark.usefixtures("alice")
def test_a_flag_decides_for_all_visitors_or_nothing_is_kept(client: Visitor) -> None:
    known = client.tag(ADDRESS)
    with override_flag("public_profiles", active=False):
        assert client.get(ADDRESS, headers={"If-None-Match": known}).status_code == 404
    get_waffle_flag_model().objects.create(name="public_profiles", percent=50)
    caches["flags"].clear()
    assert "ETag" not in client.get("/")


@pytest.mark.usefixtures("alice")
def test_a_page_that_shows_what_no_version_knows_is_not_kept(
    client: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("simlane.config.pages.tables._NEVER", re.compile("config_|sim_personalbest"))
    with caplog.at_level(logging.WARNING):
        assert "ETag" not in client.get(ADDRESS)
    assert "is not kept: it shows sim_personalbest" in caplog.text


@pytest.mark.django_db
def test_a_page_is_kept_although_a_replica_was_asked_for_its_version(rf: RequestFactory) -> None:
    # What the middleware of replicas asks the one that the page will be read from: here the only database there is.
    with CaptureQueriesContext(connection) as asked:
        versions.read(versions.LISTS)
    assert warm._may_keep(rf.get("/"), HttpResponse(), [each["sql"] for each in asked])


def test_each_page_that_is_to_be_kept_is(client: Visitor, season: None, owner: User) -> None:
    recomputing.catch_up()
    User.objects.filter(pk=owner.pk).update(has_driver_page=True)
    race = Session.objects.filter(kind="race", entries__lap_times__isnull=False).order_by("pk")[0]
    alice = SimProfile.objects.filter(drives__entry__session=race).select_related("simulator").order_by("pk")[0]
    rating = Rating.objects.select_related("ladder").get(profile=alice)
    alice.link_to_user(owner, verified=True)
    record = TrackRecord.objects.select_related("track__simulator", "car__simulator").order_by("pk")[0]
    event = race.event
    league = League.objects.create(name="Sunday Cup", slug="sunday-cup")
    season = Season(league=league, simulator=alice.simulator, name="Spring", slug="spring", state=Season.State.RUNNING)
    making.make(season)
    pages = {
        "profiles:home": "/",
        "profiles:browse": "/profiles/",
        "profiles:simulator": "/profiles/iracing/",
        "profiles:detail": alice.get_absolute_url(),
        "profiles:rating": addresses.of_rating(alice, rating.ladder.kind),
        "profiles:driver": "/drivers/olivia/",
        "profiles:events": "/events/",
        "profiles:event": event.get_absolute_url(),
        "profiles:laps": addresses.of_laps(event, race),
        "profiles:entry": addresses.of_entry(event, race, race.entries.get(row=0)),
        "profiles:leaderboards": "/leaderboards/",
        "profiles:leaderboard": f"/leaderboards/{alice.simulator.slug}/",
        "profiles:tracks": "/tracks/",
        "profiles:tracks_of": f"/tracks/{record.track.simulator.slug}/",
        "profiles:track": record.track.get_absolute_url(),
        "profiles:cars": "/cars/",
        "profiles:cars_of": f"/cars/{record.car.simulator.slug}/",
        "profiles:car": record.car.get_absolute_url(),
        "leagues:list": "/leagues/",
        "leagues:league": "/leagues/sunday-cup/",
        "leagues:season": "/leagues/sunday-cup/spring/",
        "help:index": "/help/",
        "help:article": "/help/privacy/",
    }
    assert pages.keys() == warm.KEPT.keys()
    before = {name: client.tag(address) for name, address in pages.items()}
    linking.set_visibility(alice, owner, public=False)
    shows = {name for name in before if name.startswith("profiles:")}
    hidden = {name for name in shows if client.get(pages[name]).headers.get("ETag") != before[name]}
    assert hidden == shows


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize(
    ("change", "back"),
    [
        # Before its migration.
        (
            "ALTER TABLE config_pageversion RENAME TO kept_elsewhere",
            "ALTER TABLE kept_elsewhere RENAME TO config_pageversion",
        ),
        # While the old release may write beside this one.
        ("ALTER TABLE sim_simprofile ADD COLUMN user_id integer", "ALTER TABLE sim_simprofile DROP COLUMN user_id"),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_where_versions_do_not_tell_pages_are_made_as_ever(change: str, back: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(change)
        try:
            response = Client().get(ADDRESS)
        finally:
            cursor.execute(back)
    assert (response.status_code, "ETag" in response) == (200, False)


@pytest.mark.parametrize("leave", ["hide", "unlink"])
def test_a_rating_of_several_profiles_goes_with_one_of_them(client: Visitor, owner: User, leave: str) -> None:
    acc = "assetto-corsa-competizione"
    settle(*[stored.race(2, 1, 3, 4, 5, day=day, simulator=slug) for day in range(12) for slug in ("iracing", acc)])
    User.objects.filter(pk=owner.pk).update(has_driver_page=True)
    one, other = stored.driver(1), stored.driver(1, acc)
    for profile in (one, other):
        profile.link_to_user(owner, verified=True)
    assert "Over 2 simulators" in client.get(one.get_absolute_url()).content.decode()
    if leave == "hide":
        linking.set_visibility(other, owner, public=False)
    else:
        assert linking.unlink_from_user(other)
    assert "Over 2 simulators" not in client.get(one.get_absolute_url()).content.decode()


def test_who_hides_is_gone_from_the_rivals_of_who_never_met_them(client: Visitor, owner: User) -> None:
    settle(*[stored.race(*drivers, day=day) for day in range(12) for drivers in (range(1, 6), range(6, 11))])
    hides = stored.driver(7)
    hides.link_to_user(owner, verified=True)
    rivals = f"{stored.driver(2).get_absolute_url()}?section=rivals"
    assert hides.get_absolute_url() in client.get(rivals).content.decode()
    linking.set_visibility(hides, owner, public=False)
    assert hides.get_absolute_url() not in client.get(rivals).content.decode()
