"""Links that nobody proves: reminded on day 10, ended on day 14, never without the reminder."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from simlane.sim.models import HistoryEntry, SimProfile
from simlane.sim.ownership import claims, lapsing
from simlane.users.models import User
from tests.sim.conftest import MakeProfile

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def linked(ann: User, make_profile: MakeProfile) -> SimProfile:
    profile = make_profile()
    profile.link_to_user(ann)
    return profile


def test_reminded_once_and_then_ended(linked: SimProfile, ann: User, told: list[tuple[str, int]]) -> None:
    now = timezone.now()
    assert lapsing.remind(now + 9 * DAY) == 0
    assert lapsing.remind(now + 10 * DAY) == 1
    assert lapsing.remind(now + 11 * DAY) == 0
    assert lapsing.lapse(now + 13 * DAY) == 0
    assert lapsing.lapse(now + 14 * DAY + DAY / 2) == 1
    linked.refresh_from_db()
    assert linked.linked_user is None
    assert [kind for kind, _ in told] == ["reminder", "lapsed"]
    entry = HistoryEntry.objects.latest("pk")
    assert (entry.action, entry.how, entry.was_account) == ("lapse", "time", ann)


def test_never_without_four_days_after_the_reminder(linked: SimProfile) -> None:
    """A link of the old model is years old, and nobody has been told yet."""
    SimProfile.objects.update(linked_at=timezone.now() - 1000 * DAY)
    now = timezone.now()
    assert lapsing.lapse(now) == 0
    assert lapsing.remind(now) == 1
    assert lapsing.lapse(now + 3 * DAY) == 0
    assert lapsing.lapse(now + 4 * DAY) == 1


def test_only_the_owners_own_open_claim_keeps_a_link(linked: SimProfile, ann: User, ben: User, staff: User) -> None:
    now = timezone.now()
    mine = claims.submit(linked, ann, "Mine.")
    claims.submit(linked, ben, "No, mine.")
    assert lapsing.remind(now + 10 * DAY) == 0
    claims.refuse(mine, by=staff, reason="No.")
    assert lapsing.remind(now + 10 * DAY) == 1


def test_a_new_link_of_the_same_profile_starts_again(linked: SimProfile, ben: User) -> None:
    now = timezone.now()
    lapsing.remind(now + 10 * DAY)
    linked.unlink_from_user()
    linked.link_to_user(ben)
    SimProfile.objects.update(linked_at=now + 2 * DAY)
    assert lapsing.lapse(now + 20 * DAY) == 0
    assert lapsing.remind(now + 20 * DAY) == 1
    assert lapsing.lapse(now + 24 * DAY) == 1


def test_a_proved_link_stays(linked: SimProfile, ann: User) -> None:
    linked.link_to_user(ann, verified=True)
    now = timezone.now() + 100 * DAY
    assert (lapsing.remind(now), lapsing.lapse(now)) == (0, 0)


def test_a_link_whose_claim_waits_for_the_staff_waits_too(linked: SimProfile, ann: User) -> None:
    now = timezone.now()
    lapsing.remind(now + 10 * DAY)
    claim = claims.submit(linked, ann, "It is mine.")
    assert lapsing.lapse(now + 30 * DAY) == 0
    claims.withdraw(claim, ann)
    assert lapsing.lapse(now + 30 * DAY) == 1


def test_many_links_are_a_fixed_number_of_statements(
    ann: User, make_profile: MakeProfile, monkeypatch, settings
) -> None:
    settings.UNVERIFIED_LINKS = 100
    monkeypatch.setattr(lapsing, "BATCH", 3)
    for _ in range(7):
        make_profile().link_to_user(ann)
    now = timezone.now()
    assert lapsing.remind(now + 10 * DAY) == 7
    assert lapsing.lapse(now + 15 * DAY) == 7
    assert not SimProfile.objects.filter(linked_user__isnull=False).exists()
