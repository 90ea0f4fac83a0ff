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
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from simlane.sim.models import ClaimImage, SimProfile
from simlane.sim.ownership import claims
from simlane.sim.ownership.events import Kind, OwnershipEvent, notify
from simlane.users.models import Notification, User

pytestmark = pytest.mark.django_db

#: In the table's order: nobody; a member without profiles; a member with another profile; who linked `open`; who proved
#: `hidden`; a superuser.
PEOPLE = ("anonymous", "member", "other", "linked", "proved", "staff")
TABLE = Path(__file__).with_name("permissions.txt")


class World:
    """The rows that the addresses speak of."""

    def __init__(self, season: None) -> None:
        rows = list(SimProfile.objects.select_related("simulator").order_by("pk")[:3])
        self.hidden, self.open, others = rows
        self.people: dict[str, User | None] = {"anonymous": None}
        for name in PEOPLE[1:]:
            self.people[name] = User.objects.create_user(
                f"the-{name}", is_superuser=name == "staff", is_staff=name == "staff"
            )
        self.give(self.hidden, "proved", is_verified=True, is_public=False)
        self.give(self.open, "linked")
        self.give(others, "other", is_verified=True)
        User.objects.filter(username="the-other").update(has_driver_page=True)
        self.event = self.open.drives.order_by("pk")[0].entry.session.event
        self.claim = claims.submit(self.open, self.user("member"), "It is mine.")
        self.picture = ClaimImage.objects.create(claim=self.claim, picture=b"", width=1, height=1)
        notify([OwnershipEvent(Kind.LINKED, self.user("member").pk, self.open)])
        self.notification = Notification.objects.get(user=self.user("member"))

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
        if given in ("hidden's", "open's"):
            profile = getattr(self, given.removesuffix("'s"))
            return {"slug": profile.simulator.slug, "identifier": profile.profile_identifier}
        found = dict(pair.split("=") for pair in given.split(","))
        rows = {
            "event": self.event.pk,
            "simulator": self.open.simulator_id,
            "file": self.event.result_files.order_by("pk")[0].pk,
            "claim": self.claim.pk,
            "picture": self.picture.pk,
            "notification": self.notification.pk,
            "hidden": self.hidden.pk,
            "user": self.user("member").pk,
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
    clients = {person: Client(raise_request_exception=False) for person in PEOPLE}
    for person, user in world.people.items():
        if user:
            clients[person].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    for name, given, *expected in lines():
        url = address(world, name, given)
        found = ["/".join(status(clients[person], method, url) for method in ("get", "post")) for person in PEOPLE]
        if found != expected:
            wrong.append(f"{name} {given} ({url}): {' '.join(found)}, the table says {' '.join(expected)}")
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
