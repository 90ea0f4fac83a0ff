"""`manage.py announce_upgrade`: everybody with a profile once, whatever interrupts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from simlane.sim.models import SimProfile, Simulator
from simlane.sim.ownership.events import Kind
from simlane.users.models import MailChoice, Notification, User
from simlane.users.notifications import announcing


@pytest.fixture
def owners(db: None) -> Callable[[int], list[User]]:
    """Members with a profile each; the first has two."""

    def make(count: int) -> list[User]:
        names = [f"owner{n}" for n in range(count)]
        users = User.objects.bulk_create(User(username=name, email=f"{name}@example.org") for name in names)
        simulator = Simulator.objects.get(slug="iracing")
        SimProfile.objects.bulk_create(
            SimProfile(
                simulator=simulator,
                profile_identifier=str(1000 + n),
                profile_name=f"Driver {n}",
                linked_user=users[max(0, n - 1)],
                linked_at=timezone.now(),
            )
            for n in range(count + 1)
        )
        return users

    return make


def run(**options: object) -> str:
    out = StringIO()
    call_command("announce_upgrade", stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_everybody_with_a_profile_is_told_once(owners: Callable[[int], list[User]]) -> None:
    first, second, quiet, closed = owners(4)
    User.objects.create_user("nobody", "nobody@example.org")
    MailChoice.objects.create(user=quiet, group="news", wanted=False)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    assert "3 accounts would be told. Nothing was changed." in run(dry_run=True)
    assert not Notification.objects.exists()
    output = run()
    assert "3 accounts told, 2 e-mails wait." in output
    assert "send_mails" in output
    told = dict(Notification.objects.values_list("user__username", "email_state"))
    assert told == {first.username: "pending", second.username: "pending", quiet.username: "none"}
    assert Notification.objects.get(user=first).about == {"detail": {"profiles": 2}}
    assert "0 accounts told" in run()
    assert Notification.objects.count() == 3


@pytest.mark.django_db
def test_the_database_keeps_a_second_one_out(owners: Callable[[int], list[User]]) -> None:
    (owner,) = owners(1)
    run()
    with pytest.raises(IntegrityError), transaction.atomic():
        Notification.objects.create(user=owner, kind=Kind.UPGRADED)


@pytest.mark.django_db
def test_a_batch_is_few_statements(
    owners: Callable[[int], list[User]], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    owners(50)
    # A transaction's two, four of the batch; the look for a further one.
    with django_assert_num_queries(9):
        assert announcing.announce() == 50


@pytest.mark.django_db(transaction=True)
def test_interrupted_it_goes_on_behind_those_who_were_told(
    owners: Callable[[int], list[User]], monkeypatch: pytest.MonkeyPatch
) -> None:
    owners(10)
    monkeypatch.setattr(announcing, "BATCH", 3)

    def stop(told: int) -> None:
        if told >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        announcing.announce(stop)
    assert Notification.objects.count() == 6
    assert announcing.announce() == 4
    assert Notification.objects.values("user").distinct().count() == Notification.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_nobody_is_left_out_or_told_twice(owners: Callable[[int], list[User]]) -> None:
    owners(200)
    program = (
        "import django, time; django.setup()\n"
        "from simlane.users.notifications import announcing\n"
        "announcing.BATCH = 10\n"
        # In the middle of the fourth batch, its rows written and not kept, it waits to be killed.
        "create, batches = announcing.Notification.objects.bulk_create, []\n"
        "def slow(*args, **options):\n"
        "    made = create(*args, **options)\n"
        "    batches.append(made)\n"
        "    if len(batches) == 4:\n"
        "        print('now', flush=True)\n"
        "        time.sleep(600)\n"
        "    return made\n"
        "announcing.Notification.objects.bulk_create = slow\n"
        "announcing.announce()\n"
    )
    database = connection.settings_dict
    url = (
        f"sqlite:///{database['NAME']}"
        if connection.vendor == "sqlite"
        else f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "simlane.config.settings"}
    child = subprocess.Popen(
        [sys.executable, "-c", program], cwd=django_settings.BASE_DIR, env=environment, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"now\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert Notification.objects.count() == 30, "a batch is kept whole or not at all"
    assert announcing.announce() == 170
    assert Notification.objects.values("user").distinct().count() == Notification.objects.count() == 200
