"""Daily work: once a day among however many workers, and again soon when it fails."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from simlane.sim.models import SimProfile
from simlane.users import daily
from simlane.users.models import Daily, Notification, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done; the job `fails` fails."""
    done: list[str] = []

    def fails() -> None:
        done.append("fails")
        raise ValueError

    monkeypatch.setattr(daily, "WORK", {"fails": fails, "works": lambda: done.append("works")})
    return done


def hours_go_by(hours: float) -> None:
    for row in Daily.objects.all():
        Daily.objects.filter(pk=row.pk).update(due_at=row.due_at - timedelta(hours=hours))


def test_once_a_day_and_after_a_failure_in_an_hour(runs: list[str]) -> None:
    daily.run_due()
    daily.run_due()
    assert runs == ["fails", "works"]
    hours_go_by(1)
    daily.run_due()
    assert runs == ["fails", "works", "fails"]
    hours_go_by(23.5)
    daily.run_due()
    assert runs == ["fails", "works", "fails", "fails", "works"]


def test_what_another_worker_is_at_is_left_to_it(runs: list[str]) -> None:
    Daily.objects.create(name="works", due_at=timezone.now() + daily.AGAIN)
    daily.run_due()
    assert runs == ["fails"]


def test_links_that_nobody_proved_are_reminded_of(alice: SimProfile, owner: User) -> None:
    since = timezone.now() - timedelta(days=11)
    SimProfile.objects.filter(pk=alice.pk).update(linked_user=owner, linked_at=since)
    daily.run_due()
    assert [each.kind for each in Notification.objects.all()] == ["reminder"]
    assert set(Daily.objects.values_list("name", flat=True)) == set(daily.WORK)


def test_the_command_for_cron(alice: SimProfile, owner: User) -> None:
    since = timezone.now() - timedelta(days=11)
    SimProfile.objects.filter(pk=alice.pk).update(linked_user=owner, linked_at=since)
    out = StringIO()
    call_command("lapse_links", stdout=out)
    assert out.getvalue() == "1 reminded, 0 ended, 0 expired codes forgotten.\n"
