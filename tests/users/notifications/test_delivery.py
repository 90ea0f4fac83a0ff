"""E-mails: a mail server that is down loses nothing, two workers send each once, a crash repeats at most one."""

from __future__ import annotations

import re
import threading

import pytest
from allauth.account.models import EmailAddress
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from simlane.config.management.commands.worker import Loop
from simlane.sim.models import SimProfile
from simlane.sim.ownership.events import Kind
from simlane.users.models import Notification, User
from simlane.users.notifications import delivery
from simlane.users.notifications.groups import groups_for
from tests.users.notifications.conftest import Told, confirmed, days_ago, later, pending, states, use
from tests.users.notifications.smtp_peer import SmtpPeer, smtp_peer

#: With real transactions: mails go out when one is kept.
pytestmark = pytest.mark.django_db(transaction=True)

WITHOUT_WORKER = "django_tasks.backends.immediate.ImmediateBackend"
WITH_WORKER = "django_tasks_db.DatabaseBackend"


@pytest.fixture
def worker_mode(settings: Settings) -> None:
    settings.JOBS = "database"
    settings.TASKS = settings.TASKS | {"default": {"BACKEND": WITH_WORKER}}


def test_without_a_worker_a_mail_goes_out_with_the_act(told: Told, smtp: SmtpPeer) -> None:
    told(Kind.VERIFIED)
    assert smtp.recipients() == ["anna@example.org"]
    assert states() == ["sent"]
    assert delivery.deliver().sent == 0
    # As it came over the wire, unfolded again.
    (message,) = smtp.mails
    assert re.fullmatch(r"<http://\S+/users/notifications/unsubscribe/\S+/>", str(message["List-Unsubscribe"]).strip())
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_an_act_that_is_taken_back_tells_nobody(anna: User, alice: SimProfile, told: Told, smtp: SmtpPeer) -> None:
    with transaction.atomic():
        told(Kind.VERIFIED)
        transaction.set_rollback(True)
    assert not Notification.objects.exists()
    assert not smtp.mails


@pytest.mark.usefixtures("closed_port")
def test_a_mail_server_that_is_down_breaks_no_request_and_loses_nothing(
    told: Told, anna: User, alice: SimProfile, client: Client, closed_port: int
) -> None:
    wants_all_mails(client, anna)
    assert client.post(f"/users/profile/sim-profiles/link/{alice.pk}/").status_code == 302
    alice.refresh_from_db()
    assert alice.linked_user == anna
    told(Kind.VERIFIED)
    assert states() == ["pending", "pending"]

    later(minutes=1)
    with pytest.raises(SystemExit):
        call_command("send_mails")
    assert pending() == 2
    with smtp_peer(closed_port) as peer:
        later(hours=1)
        call_command("send_mails")
        assert sorted(mail["Subject"] for mail in peer.mails) == [
            "[SimLane] Linked: Alicia Amber",
            "[SimLane] Verified: Alicia Amber",
        ]
    assert states() == ["sent", "sent"]


def wants_all_mails(client: Client, user: User) -> None:
    client.force_login(user)
    client.post("/users/profile/notifications/", {"mail": [group.name for group in groups_for(staff=False)]})


@pytest.mark.usefixtures("closed_port")
def test_each_try_waits_longer_and_the_last_is_kept_for_staff(told: Told, settings: Settings) -> None:
    told(Kind.VERIFIED)
    pauses = []
    for _ in delivery.BACKOFF:
        row = Notification.objects.get()
        assert row.email_due_at is not None
        pauses.append(round((row.email_due_at - timezone.now()).total_seconds() / 60))
        later(days=2)
        delivery.deliver()
    assert pauses == [1, 5, 30, 120, 360, 720, 1440, 1440, 1440, 1440]
    assert states() == ["given_up"]
    assert delivery.deliver().sent == 0
    with smtp_peer() as peer:
        use(settings, peer.port)
        call_command("send_mails", given_up=True)
        assert peer.recipients() == ["anna@example.org"]
    assert states() == ["sent"]


def test_one_mailbox_that_is_refused_keeps_no_other_waiting(told: Told, smtp: SmtpPeer) -> None:
    bela = confirmed(User.objects.create_user("bela", "bela@example.org"))
    smtp.refuse = {"anna@example.org"}
    told(Kind.VERIFIED)
    told(Kind.VERIFIED, to=bela)
    later(minutes=2)
    done = delivery.deliver()
    assert (done.failed, done.stopped) == (1, "")
    assert smtp.recipients() == ["bela@example.org"]
    assert states() == ["pending", "sent"]


@pytest.mark.usefixtures("closed_port")
def test_a_dead_mail_server_is_asked_once_in_a_run(told: Told, worker_mode: None) -> None:
    for _ in range(3):
        told(Kind.VERIFIED)
    done = delivery.deliver()
    assert (done.failed, done.stopped) == (1, "ConnectionRefusedError")
    assert delivery.due().count() == 2, "what was not tried is due as before"


def test_who_dies_after_the_server_took_a_mail_sends_it_again_after_the_lease(
    told: Told, smtp: SmtpPeer, worker_mode: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(Kind.VERIFIED)

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "_mark", die)
        with pytest.raises(SystemExit):
            delivery.deliver()
    assert len(smtp.mails) == 1
    assert delivery.deliver().sent == 0, "it is claimed"
    later(minutes=11)
    assert delivery.deliver().sent == 1
    first, second = smtp.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert states() == ["sent"]


def test_a_server_that_hangs_up_after_it_took_a_mail_gets_it_again(told: Told, smtp: SmtpPeer) -> None:
    smtp.hang_up = True
    told(Kind.VERIFIED)
    assert states() == ["pending"]
    smtp.hang_up = False
    later(minutes=1)
    assert delivery.deliver().sent == 1
    assert states() == ["sent"]


def test_the_worker_sends_what_the_site_left_to_it(told: Told, smtp: SmtpPeer, worker_mode: None) -> None:
    told(Kind.VERIFIED)
    assert not smtp.mails
    assert DBTaskResult.objects.ready().count() == 1
    call_command("worker", once=True)
    assert smtp.recipients() == ["anna@example.org"]
    assert not DBTaskResult.objects.ready().exists()


def test_a_job_that_is_lost_loses_no_mail(told: Told, smtp: SmtpPeer, worker_mode: None) -> None:
    told(Kind.VERIFIED)
    DBTaskResult.objects.all().delete()
    call_command("worker", once=True)
    assert smtp.recipients() == ["anna@example.org"]


@pytest.mark.usefixtures("closed_port")
def test_the_worker_outlives_a_mail_server_that_is_down(told: Told, worker_mode: None) -> None:
    told(Kind.VERIFIED)
    call_command("worker", once=True)
    assert states() == ["pending"]
    assert not DBTaskResult.objects.failed().exists()


def test_the_worker_says_when_there_is_nothing_for_it_to_do() -> None:
    with pytest.raises(CommandError, match="JOBS=database"):
        call_command("worker", once=True)


def test_two_workers_at_once_send_each_mail_once(told: Told, smtp: SmtpPeer, worker_mode: None) -> None:
    for number in range(40):
        told(Kind.VERIFIED, to=confirmed(User.objects.create_user(f"member{number}", f"member{number}@example.org")))
    together = threading.Barrier(2)

    def work() -> None:
        try:
            loop = Loop(interval=0, sweep=0)
            together.wait()
            loop.turn()
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(smtp.recipients()) == sorted(f"member{number}@example.org" for number in range(40))
    assert set(states()) == {"sent"}


def test_many_mails_share_a_conversation(told: Told, smtp: SmtpPeer, worker_mode: None, settings: Settings) -> None:
    settings.MAILS_AN_HOUR = 100
    for _ in range(delivery.PER_CONNECTION + 1):
        told(Kind.VERIFIED)
    delivery.deliver()
    assert len(smtp.mails) == delivery.PER_CONNECTION + 1
    assert smtp.conversations == 2


def test_nobody_is_written_to_who_has_no_address_is_closed_or_has_gone(
    told: Told, anna: User, smtp: SmtpPeer, worker_mode: None
) -> None:
    nameless = User.objects.create_user("nameless")
    closed = confirmed(User.objects.create_user("closed", "closed@example.org"))
    for user in (anna, nameless, closed):
        told(Kind.VERIFIED, to=user)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    anna.delete()
    assert delivery.deliver().unwanted == 2
    assert not smtp.mails
    assert states() == ["none", "none"]


class SlowServer(BaseEmailBackend):
    """A mail server at which the first mail hangs until a second one is under way, and is refused then."""

    first_came, second_came, first_ended = threading.Event(), threading.Event(), threading.Event()

    def send_messages(self, messages: object) -> int:
        if not self.first_came.is_set():
            self.first_came.set()
            assert self.second_came.wait(60)
            raise ConnectionError
        self.second_came.set()
        assert self.first_ended.wait(60)
        due = Notification.objects.values_list("email_due_at", flat=True).get()
        assert due is not None
        assert due - timezone.now() > delivery.LEASE / 2, "who lost the lease ended another's"
        return 1


def test_who_lost_the_lease_of_a_mail_changes_nothing_of_it_any_more(
    told: Told, settings: Settings, worker_mode: None
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.SlowServer"
    told(Kind.VERIFIED)

    def work() -> None:
        try:
            delivery.deliver()
        finally:
            connections.close_all()
            SlowServer.first_ended.set()

    slow = threading.Thread(target=work)
    slow.start()
    assert SlowServer.first_came.wait(60)
    later(minutes=11)
    assert delivery.deliver().sent == 1
    slow.join()
    assert states() == ["sent"]
    assert Notification.objects.get().email_attempts == 2


def test_an_address_that_nobody_confirmed_gets_no_mail(
    told: Told, anna: User, smtp: SmtpPeer, worker_mode: None
) -> None:
    EmailAddress.objects.filter(user=anna).update(verified=False)
    told(Kind.VERIFIED)
    assert delivery.deliver().unwanted == 1
    assert not smtp.mails


def test_an_account_gets_only_so_many_mails_in_an_hour_and_the_others_later(
    told: Told, smtp: SmtpPeer, worker_mode: None, settings: Settings
) -> None:
    settings.MAILS_AN_HOUR = 3
    for _ in range(5):
        told(Kind.VERIFIED)
    assert delivery.deliver().sent == 3
    assert delivery.deliver().sent == 0
    assert states() == ["sent"] * 3 + ["pending"] * 2
    assert set(Notification.objects.filter(email_state="pending").values_list("email_attempts", flat=True)) == {0}
    Notification.objects.filter(email_state="sent").update(emailed_at=days_ago(0.05))
    later(hours=1)
    assert delivery.deliver().sent == 2


def test_of_an_account_over_its_bound_only_one_mail_is_looked_at(
    told: Told, smtp: SmtpPeer, worker_mode: None, settings: Settings
) -> None:
    bela = confirmed(User.objects.create_user("bela", "bela@example.org"))
    settings.MAILS_AN_HOUR = 1
    for _ in range(30):
        told(Kind.VERIFIED)
    told(Kind.VERIFIED, to=bela)
    with CaptureQueriesContext(connections["default"]) as asked:
        assert delivery.deliver().sent == 2
    updates = [query["sql"] for query in asked if query["sql"].startswith("UPDATE")]
    # Two mails leased and marked; of the other 29 one is leased, and all wait.
    assert len(updates) == 6
    assert smtp.recipients() == ["anna@example.org", "bela@example.org"]
    due = Notification.objects.filter(email_state="pending").values_list("email_due_at", flat=True)
    assert (len(due), len(set(due))) == (29, 1)
