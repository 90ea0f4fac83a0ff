"""The account to try the site with: made once, told at every start, and never in anybody's way."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

from simlane.sim.models import SimProfile, Simulator
from simlane.users.management.commands import demo_member

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]


@pytest.fixture(autouse=True)
def _own_directory(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def drivers() -> list[SimProfile]:
    """The two demo drivers: the one to be verified first."""
    return [
        SimProfile.objects.create(
            simulator=Simulator.objects.get(slug=slug), profile_identifier=identifier, profile_name="A Driver"
        )
        for slug, identifier in (demo_member.VERIFIED, demo_member.LINKED)
    ]


def test_it_signs_in_with_the_password_that_is_told(tmp_path, capsys):
    call_command("demo_member")
    password = capsys.readouterr().out.split()[-1]
    assert authenticate(username="demo", password=password)
    kept = tmp_path / "demo-sign-in.txt"
    assert kept.read_text().split() == ["demo", password]
    assert kept.stat().st_mode & 0o777 == 0o600


def test_it_is_the_same_the_second_time(capsys, django_user_model):
    call_command("demo_member")
    first = capsys.readouterr().out
    call_command("demo_member")
    assert capsys.readouterr().out == first
    assert django_user_model.objects.count() == 1


def test_a_lost_file_brings_a_new_password(tmp_path, capsys):
    call_command("demo_member")
    (tmp_path / "demo-sign-in.txt").unlink()
    capsys.readouterr()
    call_command("demo_member")
    assert authenticate(username="demo", password=capsys.readouterr().out.split()[-1])


def test_it_has_a_verified_and_an_unverified_link(drivers, django_user_model):
    call_command("demo_member")
    member = django_user_model.objects.get(username="demo")
    verified, linked = SimProfile.objects.filter(linked_user=member).order_by("-is_verified")
    assert (verified.pk, verified.is_verified) == (drivers[0].pk, True)
    assert (linked.pk, linked.is_verified) == (drivers[1].pk, False)
    assert verified.linked_at
    assert linked.linked_at


def test_a_profile_it_unlinked_stays_unlinked(drivers):
    call_command("demo_member")
    SimProfile.objects.update(linked_user=None, linked_at=None, is_verified=False)
    call_command("demo_member")
    assert not SimProfile.objects.filter(linked_user__isnull=False).exists()


def test_a_profile_of_somebody_else_stays_theirs(drivers, django_user_model):
    alice = django_user_model.objects.create_user("alice")
    demo_member.link(alice, demo_member.VERIFIED, verified=True)
    call_command("demo_member")
    drivers[0].refresh_from_db()
    assert drivers[0].linked_user == alice
