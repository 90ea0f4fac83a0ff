"""Staff pages: what they find, that their acts keep the rules, and that a page costs the same for many rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from simlane.sim.models import ContestedIdentifier, Event, SimProfile, Simulator
from simlane.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]
PROFILES = "/admin/sim/simprofile/"


@pytest.fixture
def staff(client: Client) -> User:
    user = User.objects.create_superuser("staff", "staff@example.org", "a password")
    client.force_login(user)
    return user


@pytest.mark.usefixtures("staff", "season")
@pytest.mark.parametrize("model", ["simprofile", "simulator", "event", "contestedidentifier"])
def test_a_list_costs_the_same_for_many_rows(client: Client, model: str) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/admin/sim/{model}/").status_code == 200
        return len(captured)

    client.get(f"/admin/sim/{model}/")
    few = statements()
    simulator = Simulator.objects.get(slug="iracing")
    members = User.objects.bulk_create(User(username=f"m{n}") for n in range(40))
    profiles = SimProfile.objects.bulk_create(
        SimProfile(simulator=simulator, profile_name="P", profile_identifier=f"p{n}", linked_user=member,
                   linked_at=timezone.now())
        for n, member in enumerate(members)
    )  # fmt: skip
    ContestedIdentifier.objects.bulk_create(
        ContestedIdentifier(profile=profile, simulator=simulator, identifier="1", keeps_identifier=False)
        for profile in profiles
    )
    Event.objects.bulk_create(Event(simulator=simulator, name=f"E{n}") for n in range(40))
    assert statements() == few


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize("query", ["alicia", "Alice Amber", "76561190000000001", "Olivia"])
def test_the_search_is_the_sites_own(client: Client, private: SimProfile, query: str) -> None:
    page = client.get(PROFILES, {"q": query}).content.decode()
    assert str(private.pk) in page
    assert "Bob Birch" not in page


@pytest.mark.usefixtures("staff", "season")
@pytest.mark.parametrize(("link", "finds"), [("none", False), ("unverified", False), ("verified", True)])
def test_links_are_filtered(client: Client, private: SimProfile, link: str, finds: bool) -> None:
    assert (str(private.pk) in client.get(PROFILES, {"link": link}).content.decode()) is finds


@pytest.mark.usefixtures("staff")
def test_bulk_actions_keep_the_rules(client: Client, private: SimProfile) -> None:
    def act(name: str) -> str:
        keys = [str(pk) for pk in SimProfile.objects.values_list("pk", flat=True)]
        return client.post(
            PROFILES, {"action": name, "_selected_action": keys, "index": "0"}, follow=True
        ).content.decode()

    assert "1 made public" in act("make_public")
    assert "1 unlinked" in act("unlink")
    assert "0 verified" in act("verify")
    private.refresh_from_db()
    assert (private.linked_user, private.is_verified, private.is_public) == (None, False, True)


@pytest.mark.usefixtures("staff")
def test_nothing_is_deleted_or_made_by_hand(client: Client, alice: SimProfile) -> None:
    assert client.get(f"{PROFILES}add/").status_code == 403
    assert client.post(f"{PROFILES}{alice.pk}/delete/", {"post": "yes"}).status_code == 403
    page = client.get(f"{PROFILES}{alice.pk}/change/").content.decode()
    assert "Alice Amber" in page
    client.post(f"{PROFILES}{alice.pk}/change/", {"profile_name": "Hacked", "is_verified": "on"})
    alice.refresh_from_db()
    assert (alice.profile_name, alice.is_verified) == ("Alicia Amber", False)


def test_members_see_none_of_it(client: Client, alice: SimProfile, owner: User) -> None:
    client.force_login(owner)
    assert client.get(PROFILES).status_code == 302


def test_staff_sign_in_where_the_second_factor_is_asked_for(client: Client) -> None:
    response = client.get("/admin/login/?next=/admin/")
    assert response["Location"] == "/accounts/login/?next=%2Fadmin%2F"
