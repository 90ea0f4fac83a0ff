"""The event's page says what stewards decided, and they decide there; nobody else does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from simlane.results import versions
from simlane.results.models import ResultFile, Ruling
from simlane.results.rulings.applying import Kind
from simlane.sim.models import Entry, Event, SimProfile
from simlane.users.models import User
from tests.results.builders import ALICE, BOB, iracing_document
from tests.results.standing import bring
from tests.results.test_deciding import THREE, decided, results
from tests.results.test_versions import RACE, WITH_CARA

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(tmp_path: Path) -> Event:
    bring(tmp_path, (RACE, THREE))
    return Event.objects.get()


@pytest.fixture
def steward(db: None, client: Client) -> User:
    user = User.objects.create_user("steward", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="decide"))
    client.force_login(user)
    return user


def page(client: Client, event: Event, query: str = "") -> str:
    response = client.get(event.get_absolute_url() + query)
    assert response.status_code == 200
    return response.content.decode()


def send(client: Client, event: Event, **fields: Any) -> Any:
    """What the form answers; it was opened for the file that stands."""
    file = ResultFile.objects.filter(event=event).latest("pk")
    data = {"version": f"{file.pk}.0", "entry": "0", "kind": "time", "amount": "5", "reason": "Contact"} | fields
    return client.post(reverse("profiles:rule", args=[event.pk]), data)


def test_nothing_is_said_where_nothing_was_decided(client: Client, event: Event) -> None:
    assert "Stewards" not in page(client, event)


def test_a_steward_decides_and_everybody_reads_it(client: Client, event: Event, steward: User) -> None:
    assert "Decide</a>" in page(client, event)
    assert "#1 Alice Amber" in client.get(reverse("profiles:rule", args=[event.pk])).content.decode()
    response = send(client, event, amount="0,001")
    assert (response.status_code, Ruling.objects.get().value) == (302, 1)
    send(client, event, kind="places", amount="2")
    assert [name for name, *_ in results()] == ["Bob Birch", "Cara Cyan", "Alice Amber"]
    assert "steward" in page(client, event)
    shown = page(Client(), event)
    for text in ("2 positions lost", "0.001 seconds added", "#1 Alice Amber", "Contact", "provisional", "2 decisions"):
        assert text in shown
    # Who decided is for the staff and for each other, and so is what to do about it.
    assert "steward," not in shown.replace("Stewards", "")
    assert "<form" not in shown.split('id="rulings"')[1].split("</section>")[0]


def test_the_files_own_order_can_be_shown(client: Client, event: Event) -> None:
    decided(0, Kind.DISQUALIFIED)
    SimProfile.objects.filter(profile_identifier=BOB[1:]).update(is_public=True)
    own = page(client, event, "?order=file")
    assert own.index("Alice Amber</a>") < own.index("Bob Birch</a>") < own.index("Cara Cyan</a>")
    assert "without the stewards&#x27; decisions" in own or "without the stewards' decisions" in own
    result = page(client, event)
    assert result.index("Bob Birch</a>") < result.index("Alice Amber</a>")
    assert client.get(event.get_absolute_url() + "?order=points").status_code == 400


def test_the_files_own_order_links_no_private_profile(client: Client, event: Event) -> None:
    owner = User.objects.create_user("owner")
    alice = SimProfile.objects.get(profile_identifier=ALICE[1:])
    alice.link_to_user(owner, verified=True)
    SimProfile.objects.filter(pk=alice.pk).update(is_public=False)
    own = page(client, event, "?order=file")
    assert "Alice Amber" in own
    assert ALICE[1:] not in own
    client.force_login(owner)
    assert ALICE[1:] in page(client, event, "?order=file")


def test_it_is_undone_and_made_final(client: Client, event: Event, steward: User) -> None:
    made = decided(0, Kind.DISQUALIFIED)
    address = reverse("profiles:ruling", args=[event.pk, made.pk])
    assert "Say why" in client.post(address, {"act": "undo"}, follow=True).content.decode()
    client.post(address, {"act": "final", "reason": "Nobody protested", "session": "2"})
    assert "Nobody protested" in page(client, event)
    assert ", final." in page(client, event)
    shown = client.post(address, {"act": "undo", "reason": "Another car", "session": "2"}, follow=True).content.decode()
    assert "It is undone, and every figure follows" in shown
    assert "<s>Disqualified</s>" in shown
    assert "no decision changes it" in shown
    assert results()[0][0] == "Alice Amber"
    assert "undone already" in client.post(address, {"act": "undo", "reason": "x"}, follow=True).content.decode()
    assert client.post(address, {"act": "else", "reason": "x"}).status_code == 400


def test_what_does_not_fit_a_new_version_says_why(tmp_path: Path, client: Client, event: Event) -> None:
    decided(1, Kind.DISQUALIFIED)
    bring(tmp_path, (RACE, WITH_CARA), replace=True)
    shown = page(client, event)
    assert "Nobody in these results is who it is about" in shown
    assert "no decision changes it" in shown
    versions.withdraw(event, by=None, reason="x")
    client.force_login(User.objects.create_superuser("boss"))
    assert "About results that do not stand" in page(client, event)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"amount": "five"}, "Write a number"),
        ({"amount": ""}, "Write a number"),
        ({"amount": "NaN"}, "Write a number"),
        ({"amount": "1e400"}, "Write a number"),
        ({"kind": "places", "amount": "1.5"}, "Write a number"),
        ({"kind": "places", "amount": "-1"}, "say how much"),
        ({"kind": "lap", "amount": "99"}, "no such lap"),
        ({"kind": "else"}, "Select a valid choice"),
        ({"entry": "9"}, "Select a valid choice"),
        ({"reason": " "}, "This field is required"),
        ({"kind": "driver", "driver_id": "nobody"}, "That cannot be"),
        ({"kind": "driver"}, "Say who drove"),
        ({"kind": "driver", "driver_id": "76561190000000009"}, "write their name, too"),
        ({"kind": "driver", "driver_name": "Zoe", "seat": "2"}, "Nobody drove in that seat"),
    ],
)
def test_what_cannot_be_decided_is_said_and_changes_nothing(
    client: Client, event: Event, steward: User, fields: dict[str, str], says: str
) -> None:
    response = send(client, event, **fields)
    assert (response.status_code, Ruling.objects.count()) == (422, 0)
    assert says in response.content.decode()


def test_another_driver_is_found_by_id_or_only_named(client: Client, event: Event, steward: User) -> None:
    send(client, event, kind="driver", driver_id=BOB)
    assert results()[0][0] == "Bob Birch"
    send(client, event, kind="driver", driver_name="Zoë", entry="2")
    entry = Entry.objects.get(row=2)
    assert [(each.name, each.profile) for each in entry.drivers.all()] == [("Zoë", None)]


@pytest.mark.parametrize("version", ["", "x.0", "0.0", "{file}.9", "{file}"])
def test_a_form_of_another_event_or_of_nothing_is_a_bad_request(
    client: Client, event: Event, steward: User, version: str
) -> None:
    file = ResultFile.objects.get()
    assert send(client, event, version=version.format(file=file.pk)).status_code == 400


def test_nobody_else_decides(client: Client, event: Event) -> None:
    made = decided(0, Kind.DISQUALIFIED)
    for user in (None, User.objects.create_user("anybody")):
        if user:
            client.force_login(user)
        assert client.get(reverse("profiles:rule", args=[event.pk])).status_code == 404
        assert send(client, event).status_code == 404
        act = client.post(reverse("profiles:ruling", args=[event.pk, made.pk]), {"act": "undo", "reason": "x"})
        assert act.status_code == 404
    assert Ruling.objects.count() == 1


def test_a_decision_of_another_event_is_not_found_by_this_ones_address(
    tmp_path: Path, client: Client, event: Event, steward: User
) -> None:
    made = decided(0, Kind.DISQUALIFIED)
    bring(tmp_path, ("a.json", iracing_document()))
    other = Event.objects.exclude(pk=event.pk).get()
    response = client.post(reverse("profiles:ruling", args=[other.pk, made.pk]), {"act": "undo", "reason": "x"})
    assert response.status_code == 404


def test_the_page_takes_the_same_statements_however_much_was_decided(
    client: Client, event: Event, steward: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for value in range(1, 9):
        decided(0, Kind.POINTS, value)
    client.get("/")
    with django_assert_max_num_queries(17):
        page(client, event)
    # The file's own entries come out of the file: one statement for it, one for its drivers' profiles.
    with django_assert_max_num_queries(16):
        page(client, event, "?order=file")
    with django_assert_max_num_queries(9):
        client.get(reverse("profiles:rule", args=[event.pk]))
