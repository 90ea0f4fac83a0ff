"""A league and its people."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from simlane.leagues import people
from simlane.leagues.models import Membership
from simlane.sim.models import League
from simlane.users.models import User


def account(name: str, *, confirmed: bool = True) -> User:
    user = User.objects.create_user(name, f"{name}@example.org")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=confirmed)
    return user


def signed_in(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def olga(db: None) -> User:
    """Owns the league."""
    return account("olga")


@pytest.fixture
def otto(db: None) -> User:
    """Organises it."""
    return account("otto")


@pytest.fixture
def sam(db: None) -> User:
    """Has nothing to do with it."""
    return account("sam")


@pytest.fixture
def league(olga: User, otto: User) -> League:
    made = people.make(olga, League(name="Sunday Cup", slug="sunday-cup", time_zone="Europe/Rome"))
    Membership.objects.create(league=made, user=otto)
    return made
