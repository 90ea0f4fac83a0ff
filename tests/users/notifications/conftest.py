"""Accounts to tell, a mail server, and a port where none listens."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from simlane.sim.models import SimProfile
from simlane.sim.ownership.events import Kind, OwnershipEvent, notify
from simlane.users.models import Notification, User
from tests.users.notifications.smtp_peer import SmtpPeer, smtp_peer

Told = Callable[..., Notification]


@pytest.fixture
def anna(db: None) -> User:
    return confirmed(User.objects.create_user("anna", "anna@example.org", "correct horse battery"))


def confirmed(user: User) -> User:
    """The account, whose address is confirmed: any other gets no mails."""
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


@pytest.fixture
def told(anna: User, alice: SimProfile) -> Told:
    """Tell Anna something about Alice's profile, as the domain does."""

    def happen(kind: Kind = Kind.VERIFIED, to: User = anna, **detail: Any) -> Notification:
        with transaction.atomic():
            notify([OwnershipEvent(kind, to.pk, alice, detail)])
        return Notification.objects.filter(user=to).latest("pk")

    return happen


@pytest.fixture
def smtp(settings: Settings) -> Iterator[SmtpPeer]:
    """The mail server that the settings name, answering."""
    with smtp_peer() as peer:
        use(settings, peer.port)
        yield peer


@pytest.fixture
def closed_port(settings: Settings) -> int:
    """The settings name a mail server that is down."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    use(settings, port)
    return port


def use(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""


def later(**after: float) -> None:
    """As if this much time had gone by for every mail that waits."""
    for row in Notification.objects.filter(email_state="pending"):
        assert row.email_due_at is not None
        Notification.objects.filter(pk=row.pk).update(email_due_at=row.email_due_at - timedelta(**after))


def pending() -> int:
    return Notification.objects.filter(email_state="pending").count()


def states() -> list[str]:
    return list(Notification.objects.order_by("pk").values_list("email_state", flat=True))


def days_ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)
