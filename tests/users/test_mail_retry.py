"""Mails about an account when the mail server is down: no request fails, and the mail comes later."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from simlane.users import mail_retry
from simlane.users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

DOWN = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 9}
UP = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def down(settings: Settings) -> None:
    for name, value in DOWN.items():
        setattr(settings, name, value)


def time_goes_by() -> None:
    for row in DBTaskResult.objects.filter(backend_name=mail_retry.BACKEND):
        DBTaskResult.objects.filter(pk=row.pk).update(run_after=row.run_after - timedelta(days=1))


def waiting() -> int:
    return DBTaskResult.objects.ready().filter(backend_name=mail_retry.BACKEND).count()


@pytest.mark.usefixtures("down")
def test_a_forgotten_password_can_wait_for_the_mail_server(client: Client, settings: Settings) -> None:
    User.objects.create_user("anna", "anna@example.org", "correct horse battery")
    response = client.post("/accounts/password/reset/", {"email": "anna@example.org"})
    assert response.status_code == 302
    time_goes_by()
    mail_retry.send_waiting()
    time_goes_by()
    assert waiting() == 1, "tried again, and again later"
    settings.EMAIL_BACKEND = UP
    call_command("send_mails")
    (message,) = mail.outbox
    assert message.to == ["anna@example.org"]
    found = re.search(r"/accounts/password/reset/key/\S+", str(message.body))
    assert found
    assert client.get(found[0], follow=True).status_code == 200
    assert not DBTaskResult.objects.filter(status="SUCCESSFUL").exists(), "the link lies about"
    mail_retry.send_waiting()
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("down")
def test_signing_up_does_not_fail(client: Client) -> None:
    form = {"username": "bela", "email": "bela@example.org", "password1": "correct horse battery"}
    assert client.post("/accounts/signup/", form | {"password2": form["password1"]}).status_code == 302
    assert User.objects.filter(username="bela").exists()
    time_goes_by()
    assert waiting() == 1


@pytest.mark.usefixtures("down")
def test_a_try_that_its_worker_did_not_outlive_is_made_again(client: Client, settings: Settings) -> None:
    User.objects.create_user("anna", "anna@example.org", "correct horse battery")
    client.post("/accounts/password/reset/", {"email": "anna@example.org"})
    time_goes_by()
    row = DBTaskResult.objects.get(backend_name=mail_retry.BACKEND)
    row.claim("a worker")
    settings.EMAIL_BACKEND = UP
    mail_retry.send_waiting()
    assert not mail.outbox, "it may be at it still"
    DBTaskResult.objects.update(started_at=timezone.now() - mail_retry.LEASE - timedelta(seconds=1))
    mail_retry.send_waiting()
    assert [message.to for message in mail.outbox] == [["anna@example.org"]]


@pytest.mark.usefixtures("down")
def test_after_three_days_it_is_given_up(client: Client) -> None:
    User.objects.create_user("anna", "anna@example.org", "correct horse battery")
    client.post("/accounts/password/reset/", {"email": "anna@example.org"})
    tries = 0
    time_goes_by()
    while waiting():
        tries += 1
        mail_retry.send_waiting()
        time_goes_by()
    assert tries == len(mail_retry.PAUSES)
