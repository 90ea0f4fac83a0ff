"""Every address, every person, GET and POST: the status each gets, in one table.

A line is an address, what stands in it, and for each person the statuses of a GET and of a POST without data. An
address that is in no line fails a test. `hidden` is a verified, private profile of `proved`; `open` is linked,
unverified, to `linked`.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from simlane.leagues import people, tokens
from simlane.leagues.models import Incident, Membership, NameRequest, Report, Round, Season, Upload, UploadedFile
from simlane.leagues.seasons import making
from simlane.profiles.addresses import entry_slug, event_slug
from simlane.ratings import recomputing
from simlane.results.deciding import rule
from simlane.results.models import Ruling
from simlane.results.rulings.standing import Place
from simlane.sim.models import ClaimImage, Event, League, LeagueDriver, SimProfile, TrackRecord
from simlane.sim.ownership import claims
from simlane.sim.ownership.events import Kind, OwnershipEvent, notify
from simlane.users.models import Notification, User

#: Who may do what is the same on both databases, and there are thousands of answers.
pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]

#: In the table's order: nobody; a member without profiles; a member with another profile, who owns the league; who
#: linked `open`, and organises it; who proved `hidden`; a superuser.
PEOPLE = ("anonymous", "member", "other", "linked", "proved", "staff")
#: In the lines of a league's addresses, and of those where its stewards decide, behind them: who has its other roles.
IN_LEAGUES = ("steward", "viewer")
OF_LEAGUES = ("leagues:", "profiles:rule", "profiles:ruling")
TABLE = Path(__file__).with_name("permissions.txt")


class World:
    """The rows that the addresses speak of."""

    def __init__(self, season: None) -> None:
        rows = list(SimProfile.objects.select_related("simulator").order_by("pk")[:3])
        self.hidden, self.open, others = rows
        self.people: dict[str, User | None] = {"anonymous": None}
        for name in (*PEOPLE[1:], *IN_LEAGUES):
            self.people[name] = User.objects.create_user(
                f"the-{name}", is_superuser=name == "staff", is_staff=name == "staff"
            )
        self.give(self.hidden, "proved", is_verified=True, is_public=False)
        self.give(self.open, "linked")
        self.give(others, "other", is_verified=True)
        User.objects.filter(username="the-other").update(has_driver_page=True)
        recomputing.catch_up()
        self.event = self.open.drives.order_by("pk")[0].entry.session.event
        self.session = self.event.sessions.order_by("number")[0]
        # Of the simulator that the table names, whichever `open` is on.
        self.record = TrackRecord.objects.filter(track__simulator__slug="assetto-corsa-competizione")[0]
        self.claim = claims.submit(self.open, self.user("member"), "It is mine.")
        self.picture = ClaimImage.objects.create(claim=self.claim, picture=b"", width=1, height=1)
        notify([OwnershipEvent(Kind.LINKED, self.user("member").pk, self.open)])
        self.notification = Notification.objects.get(user=self.user("member"))
        self.league = League.objects.create(name="Sunday Cup", slug="sunday-cup")
        for name, role in (("other", "owner"), ("linked", "organiser"), ("steward", "steward"), ("viewer", "viewer")):
            Membership.objects.create(league=self.league, user=self.user(name), role=role)
        self.invitation, self.secret = people.invite(self.league, self.user("other"))
        self.upload = Upload.objects.create(league=self.league, user=self.user("linked"), state="previewed")
        Event.objects.filter(pk=self.event.pk).update(league=self.league)
        self.report = Report.objects.create(event=self.event, user=self.user("member"), kind="wrong", message="So.")
        self.uploaded = UploadedFile.objects.create(upload=self.upload, number=0, name="a.json", outcome="refused")
        self.season = Season(league=self.league, simulator=self.open.simulator, name="Spring", slug="spring")
        self.table = making.make(self.season)
        self.round = Round.objects.create(season=self.season, number=1)
        self.incident = Incident.objects.create(
            event=self.event, session=0, session_name="Race", user=self.user("member"), message="He hit me."
        )
        place = Place(self.event.result_files.order_by("pk")[0].pk, 0)
        self.ruling = rule(place, 0, Ruling.Kind.POINTS, value=-3, reason="Contact", by=None)
        self.driver = LeagueDriver.objects.create(
            league=self.league, simulator=self.open.simulator, folded="max", name="Max"
        )
        NameRequest.objects.create(driver=self.driver, user=self.user("member"))
        self.token, _ = tokens.make(self.league, self.user("other"), "A server")

    def user(self, name: str) -> User:
        user = self.people[name]
        assert user
        return user

    def give(self, profile: SimProfile, name: str, **fields: bool) -> None:
        SimProfile.objects.filter(pk=profile.pk).update(linked_user=self.user(name), linked_at=timezone.now(), **fields)

    def arguments(self, given: str) -> dict[str, object]:
        """What the table's second column stands for."""
        if given == "-":
            return {}
        if given in ("hidden", "open"):
            return {"profile_id": getattr(self, given).pk}
        whose, _, rest = given.partition(",")
        if whose not in ("hidden's", "open's"):
            whose, rest = "", given
        found: dict[str, object] = dict(pair.split("=") for pair in rest.split(",") if pair)
        if whose:
            profile = getattr(self, whose.removesuffix("'s"))
            return {"slug": profile.simulator.slug, "identifier": profile.profile_identifier, **found}
        rows = {
            "event": self.event.pk,
            "event's": event_slug(self.event),
            "session": self.session.number,
            "words": entry_slug(self.session.entries.get(row=0)),
            "simulator": self.open.simulator_id,
            "file": self.event.result_files.order_by("pk")[0].pk,
            "claim": self.claim.pk,
            "picture": self.picture.pk,
            "notification": self.notification.pk,
            "hidden": self.hidden.pk,
            "user": self.user("member").pk,
            "league": self.league.pk,
            "owner": self.league.memberships.get(user=self.user("other")).pk,
            "invitation": self.invitation.pk,
            "secret": self.secret,
            "token": self.token.pk,
            "report": self.report.pk,
            "uploaded": self.uploaded.pk,
            "upload": self.upload.pk,
            "season": self.season.pk,
            "ruling": self.ruling.pk,
            "incident": self.incident.pk,
            "table": self.table.pk,
            "round": self.round.pk,
            "driver": self.driver.pk,
            "track": self.record.track.slug,
            "car": self.record.car.slug,
        }
        return {name: rows.get(value, value) for name, value in found.items()}


@pytest.fixture
def world(season: None) -> World:
    return World(season)


def lines() -> list[list[str]]:
    return [line.split() for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]


def address(world: World, name: str, given: str) -> str:
    if name.startswith("/"):
        return name.replace("<profile_id>", str(world.open.pk))
    arguments = world.arguments(given)
    return reverse(name, kwargs=arguments) if arguments else reverse(name)


def status(client: Client, method: str, url: str) -> str:
    """What comes of it; nothing of it stays."""
    cookies = deepcopy(client.cookies)
    for cache in caches.all(initialized_only=True):
        cache.clear()
    with transaction.atomic():
        found = getattr(client, method)(url).status_code
        transaction.set_rollback(True)
    client.cookies = cookies
    return str(found)


def test_everybody_gets_what_the_table_says(world: World) -> None:
    wrong = []
    # Who may is decided in Python; that PostgreSQL can answer each page is seen by who may most.
    asking = {"staff"} if connection.vendor == "postgresql" else set(world.people)
    clients = {person: Client(raise_request_exception=False) for person in world.people}
    for person, user in world.people.items():
        if user:
            clients[person].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for name, given, *expected in lines():
        url = address(world, name, given)
        people = (*PEOPLE, *IN_LEAGUES) if name.startswith(OF_LEAGUES) else PEOPLE
        for person, says in zip(people, expected, strict=True):
            if person not in asking:
                continue
            found = "/".join(status(clients[person], method, url) for method in ("get", "post"))
            if found != says:
                wrong.append(f"{name} {given} ({url}), {person}: {found}, the table says {says}")
    assert not wrong, "\n".join(wrong)


def names(resolver: URLResolver, namespace: str = "", prefix: str = "/") -> Iterator[str]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            inner = f"{namespace}{each.namespace}:" if each.namespace else namespace
            yield from names(each, inner, prefix + str(each.pattern))
        else:
            assert isinstance(each, URLPattern)
            yield f"{namespace}{each.name}" if each.name else prefix + str(each.pattern).replace("uuid:", "")


def test_no_address_is_missing_from_the_table() -> None:
    known = {line[0] for line in lines()}
    assert set(names(get_resolver())) - known == set()
    assert known - set(names(get_resolver())) == set()
