"""Members and profiles for the tests of ownership, and who was told what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from simlane.sim.models import SimProfile, Simulator
from simlane.sim.ownership.events import OwnershipEvent, ownership_changed
from simlane.users.models import User

STEAM_ID = "76561198000000001"
MakeProfile = Callable[..., SimProfile]


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def ben(db: None) -> User:
    return User.objects.create_user("ben")


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user("staff", is_staff=True)


@pytest.fixture
def make_profile(db: None) -> MakeProfile:
    numbers = count(1000)

    def make(simulator: str = "iracing", identifier: str = "", **fields: object) -> SimProfile:
        return SimProfile.objects.create(
            simulator=Simulator.objects.get(slug=simulator),
            profile_name=fields.pop("name", "Ann"),
            profile_identifier=identifier or str(next(numbers)),
            **fields,
        )

    return make


@pytest.fixture
def told() -> Iterator[list[tuple[str, int]]]:
    """Who was told what, in order: kind and account."""
    heard: list[tuple[str, int]] = []

    def listen(events: list[OwnershipEvent], **_: object) -> None:
        heard.extend((each.kind.value, each.account_id) for each in events)

    ownership_changed.connect(listen)
    yield heard
    ownership_changed.disconnect(listen)
