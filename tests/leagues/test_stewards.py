"""Who decides about results: stewards and organisers of the event's league, and staff; nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.urls import reverse
from django.utils import timezone

from simlane.leagues.models import Membership, Role
from simlane.results.deciders import RULINGS, VERSIONS
from simlane.results.models import SessionFile
from simlane.sim.models import Event, League, SimProfile
from simlane.users.models import User
from tests.leagues.conftest import account, signed_in
from tests.results.builders import BOB
from tests.results.standing import bring
from tests.results.test_versions import FIRST, RACE

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(tmp_path: Path, league: League) -> Event:
    bring(tmp_path, (RACE, FIRST), league=league)
    return Event.objects.get()


def test_stewards_decide_about_their_leagues_results(event: Event, league: League, olga: User, otto: User) -> None:
    people = {name: account(name) for name in ("steward", "viewer", "stranger", "staff", "closed")}
    for name in ("steward", "viewer", "closed"):
        role = Role.VIEWER if name == "viewer" else Role.STEWARD
        Membership.objects.create(league=league, user=people[name], role=role)
    User.objects.filter(username="staff").update(is_staff=True)
    people["staff"].user_permissions.add(Permission.objects.get(codename="decide"))
    User.objects.filter(username="closed").update(is_active=False)
    everybody = {**{key: User.objects.get(pk=user.pk) for key, user in people.items()}, "olga": olga, "otto": otto}
    assert {name for name, user in everybody.items() if event in RULINGS.events(user)} == {
        "olga", "otto", "steward", "staff"
    }  # fmt: skip
    assert not RULINGS.events(AnonymousUser()).exists()
    # A steward withdraws nothing.
    assert not VERSIONS.events(people["steward"]).exists()
    # Nobody but staff, where the league is archived, or the event is not of it any more.
    League.objects.update(archived_at=timezone.now())
    assert {name for name, user in everybody.items() if event in RULINGS.events(user)} == {"staff"}
    League.objects.update(archived_at=None)
    Event.objects.update(league=None, scope=0)
    assert {name for name, user in everybody.items() if event in RULINGS.events(user)} == {"staff"}


def test_a_leagues_steward_is_not_told_a_private_drivers_name_by_its_id(event: Event, league: League) -> None:
    bob = SimProfile.objects.get(profile_identifier=BOB[1:])
    bob.link_to_user(account("owner"), verified=True)
    SimProfile.objects.filter(pk=bob.pk).update(is_public=False, profile_name="Robert Birch")
    steward = account("steward")
    Membership.objects.create(league=league, user=steward, role=Role.STEWARD)
    client, address = signed_in(steward), reverse("profiles:rule", args=[event.pk])
    origin = SessionFile.objects.get()
    version = f"{origin.file_id}.{origin.number}"
    sent = {"version": version, "entry": "0", "kind": "driver", "driver_id": BOB, "reason": "x"}
    response = client.post(address, sent)
    assert response.status_code == 422
    assert "Robert" not in response.content.decode()
    # With a name the result is theirs, and nobody reads whose profile that is.
    assert client.post(address, sent | {"driver_name": "B. Birch"}).status_code == 302
    shown = signed_in(None).get(event.get_absolute_url()).content.decode()
    assert "B. Birch" in shown
    assert BOB[1:] not in shown
