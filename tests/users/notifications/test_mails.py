"""What a mail holds: its headers, absolute links, both forms; and what a hostile name cannot do in it."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from pytest_django import Settings

from simlane.sim.models import SimProfile
from simlane.sim.ownership.events import Kind
from simlane.users.models import MailChoice, Notification, User
from simlane.users.notifications import delivery
from simlane.users.notifications.groups import BY_NAME, GROUPS
from simlane.users.notifications.mails import address, mail, token
from simlane.users.notifications.texts import text
from tests.users.notifications.conftest import Told, confirmed

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>\r\nBcc: victim@example.org\u2028\u202etxt\x00'


@pytest.fixture(autouse=True)
def _site(settings: Settings) -> None:
    settings.SITE_URL = "https://simlane.example.org"


def parts(message: EmailMultiAlternatives) -> tuple[str, str]:
    return str(message.body), str(message.alternatives[0][0])


def test_the_headers_of_a_mail(told: Told, anna: User) -> None:
    message = mail(told(Kind.DISPUTED), "anna@example.org").message()
    assert set(message.keys()) == {
        "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted",
        "List-Unsubscribe", "List-Unsubscribe-Post",
    }  # fmt: skip
    assert message["Subject"] == "[SimLane] Whose profile is Alicia Amber?"
    assert message["To"] == "anna@example.org"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    unsubscribe = token(anna.pk, BY_NAME["claims"])
    assert (
        message["List-Unsubscribe"] == f"<https://simlane.example.org/users/notifications/unsubscribe/{unsubscribe}/>"
    )
    assert re.fullmatch(r"<[0-9a-f]{32}@localhost>", message["Message-ID"])
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.get_payload()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_words_and_absolute_links(kind: Kind, told: Told, client: Client, anna: User) -> None:
    notification = told(kind, lapses_at="2026-12-04T10:00:00+00:00", merged_name="Old Name", accepted=1, reason="Seen.")
    plain, html = parts(mail(notification, "anna@example.org"))
    words = text(notification)
    for part in (plain, html):
        assert words.link.label in part
        assert f"https://simlane.example.org{words.link.path}" in part
        assert "https://simlane.example.org/users/notifications/unsubscribe/" in part
    assert set(re.findall(r'href="(\w+)', html)) == {"https"}
    if kind is Kind.REMINDER:
        assert "4 Dec 2026" in plain
    client.force_login(anna)
    SimProfile.objects.update(linked_user=anna, linked_at=notification.created_at)
    # A profile that is linked already has no page to link it.
    assert client.get(words.link.path).status_code == (302 if kind in {Kind.CLAIMED, Kind.REPORTED} else 200)


def test_each_kind_belongs_to_one_group() -> None:
    assert sorted(kind for group in GROUPS for kind in group.kinds) == sorted(Kind)


def test_what_a_member_did_just_now_is_not_mailed_unless_they_ask_for_it(told: Told, anna: User) -> None:
    assert told(Kind.LINKED).email_state == "none"
    MailChoice.objects.create(user=anna, group="own", wanted=True)
    assert told(Kind.LINKED).email_state == "pending"


@pytest.mark.parametrize("kind", list(Kind))
def test_a_hostile_name_is_only_a_name(kind: Kind, told: Told, alice: SimProfile, client: Client, anna: User) -> None:
    notification = told(kind, reason=HOSTILE.replace("\x00", ""), merged_name=HOSTILE.replace("\x00", ""))
    notification.about["name"] = notification.about["simulator"] = HOSTILE.replace("\x00", "")
    notification.save()
    message = mail(notification, "anna@example.org")
    _, html = parts(message)
    assert "<script" not in html
    assert "<img" not in html
    sent = message.message()
    assert "Bcc" not in sent
    assert message.recipients() == ["anna@example.org"]
    assert not set("\r\n\u2028\u202e") & set(message.subject)
    client.force_login(anna)
    page = client.get("/users/notifications/").content.decode()
    assert "<script>alert" not in page
    assert "<img" not in page


def test_a_forged_address_injects_no_header_and_stops_nobody_else(told: Told, anna: User, settings: Settings) -> None:
    EmailAddress.objects.filter(user=anna).update(email="anna@example.org\nBcc: victim@example.org")
    bela = confirmed(User.objects.create_user("bela", "bela@example.org"))
    told(Kind.VERIFIED)
    told(Kind.VERIFIED, to=bela)
    done = delivery.deliver()
    assert (done.sent, done.failed, done.stopped) == (1, 1, "")
    assert [each.to for each in outbox.outbox] == [["bela@example.org"]]


def test_a_mail_goes_to_the_primary_address(anna: User) -> None:
    assert address(anna) == "anna@example.org"
    EmailAddress.objects.create(user=anna, email="second@example.org", primary=False, verified=True)
    assert address(anna) == "anna@example.org"
    EmailAddress.objects.filter(email="anna@example.org").update(verified=False)
    assert address(anna) == "second@example.org", "nobody confirmed the primary one"
    anna.is_active = False
    assert address(anna) == ""


def test_the_announcement_says_what_the_plan_wants_it_to(anna: User) -> None:
    notification = Notification.objects.create(user=anna, kind=Kind.UPGRADED, about={"detail": {"profiles": 3}})
    for part in parts(mail(notification, "anna@example.org")):
        for words in (
            "new model of driver profiles", "Your 3 profiles have come along", "What is public",
            "Verify your ownership", "Hide a profile", "https://simlane.example.org/help/upgrade/",
        ):  # fmt: skip
            assert words in part


def test_a_name_cannot_turn_the_direction_of_what_stands_around_it(told: Told, alice: SimProfile) -> None:
    marks = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    SimProfile.objects.filter(pk=alice.pk).update(profile_name=f"Ali{marks}cia")
    alice.refresh_from_db()
    message = mail(told(Kind.DISPUTED), "anna@example.org")
    for part in (message.subject, *parts(message)):
        assert "Ali" in part
        assert not set(marks) & set(part)
