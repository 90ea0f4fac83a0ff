"""Delete my account: the profiles stay, the name goes, and it takes the owner's own hand."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.test import Client
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from simlane.sim.models import SimProfile
from simlane.users.account_deletion import NAMELESS
from simlane.users.models import User
from tests.profiles.test_visibility import public_addresses

pytestmark = pytest.mark.django_db

ADDRESS = "/users/profile/delete/"
GOODBYE = "/users/goodbye/"
PASSWORD = "correct horse battery"


@pytest.fixture
def member(alice: SimProfile) -> User:
    """With a hidden profile, a driver page and an address."""
    user = User.objects.create_user("zelda", "zelda@example.org", PASSWORD, first_name="Zelda", has_driver_page=True)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    alice.link_to_user(user, verified=True)
    alice.set_visibility(user, public=False)
    staff = User.objects.create_user("staff", is_staff=True)
    LogEntry.objects.create(
        user=staff,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr="zelda",
        action_flag=CHANGE,
        change_message="",
    )
    return user


def signed_in(*, reauthenticated: bool = True) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": "zelda", "password": PASSWORD})
    if reauthenticated:
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def test_the_password_is_asked_for_first(member: User) -> None:
    client = signed_in(reauthenticated=False)
    for response in (client.get(ADDRESS), client.post(ADDRESS, follow=True).redirect_chain):
        where = response[-1][0] if isinstance(response, list) else response["Location"]
        assert where.startswith("/accounts/reauthenticate/")
    assert User.objects.filter(pk=member.pk).exists()
    client.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert client.get(ADDRESS).status_code == 302
    response = client.post(f"/accounts/reauthenticate/?next={ADDRESS}", {"password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0] == ADDRESS
    assert User.objects.filter(pk=member.pk).exists(), "the password alone deleted it"


def test_looking_at_the_page_deletes_nothing_and_says_what_happens(member: User) -> None:
    page = signed_in().get(ADDRESS).content.decode()
    assert User.objects.filter(pk=member.pk).exists()
    for text in ("cannot be undone", "becomes public", "without your name", "notifications go"):
        assert text in page
    assert "Type your username" not in page


def test_profiles_stay_public_and_nobodys(member: User, alice: SimProfile) -> None:
    client = signed_in()
    assert client.get("/users/profile/").status_code == 200
    response = client.post(ADDRESS, follow=True)
    assert response.redirect_chain[-1] == (GOODBYE, 302)
    assert response.status_code == 200
    assert "Your account is deleted" in response.content.decode()
    alice.refresh_from_db()
    assert (alice.linked_user_id, alice.linked_at, alice.is_verified, alice.is_public) == (None, None, False, True)
    assert client.get(alice.get_absolute_url()).status_code == 200
    assert "This is me" in client.get(alice.get_absolute_url()).content.decode()
    assert client.get("/drivers/zelda/").status_code == 404


def test_other_sessions_end(member: User) -> None:
    phone = signed_in(reauthenticated=False)
    assert phone.get("/users/profile/").status_code == 200
    desk = signed_in()
    desk.post(ADDRESS)
    for client in (phone, desk):
        assert client.get("/users/profile/")["Location"] == "/accounts/login/?next=/users/profile/"
    again = Client().post("/accounts/login/", {"login": "zelda", "password": PASSWORD})
    assert again.status_code == 200
    assert "not correct" in again.content.decode()


def test_no_page_and_no_row_keeps_the_name(member: User, alice: SimProfile) -> None:
    alice.set_visibility(member, public=True)
    assert "Zelda" in Client().get(alice.get_absolute_url()).content.decode()
    signed_in().post(ADDRESS)
    visitor, staff = Client(), Client()
    staff.force_login(User.objects.get(username="staff"))
    for client in (visitor, staff):
        for address in public_addresses():
            assert "zelda" not in client.get(address).content.decode().casefold(), address
    rows = [row for model in apps.get_models(include_auto_created=True) for row in model._default_manager.all()]
    assert len(rows) > 20
    kept = serializers.serialize("json", [row for row in rows if row._meta.label != "sessions.Session"])
    assert "zelda" not in kept.casefold()
    assert LogEntry.objects.get().object_repr == NAMELESS


def test_what_is_about_its_addresses_keeps_no_name(member: User, settings: Settings) -> None:
    staff = User.objects.get(username="staff")
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    address = EmailAddress.objects.get(user=member)
    LogEntry.objects.create(
        user=staff, content_type=ContentType.objects.get_for_model(EmailAddress), object_id=str(address.pk),
        object_repr=str(address), action_flag=2, change_message="",
    )  # fmt: skip
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    Client().post("/accounts/password/reset/", {"email": address.email})
    assert DBTaskResult.objects.filter(backend_name="later").count() == 1
    client = Client()
    client.force_login(staff)
    client.post(f"/admin/users/user/{member.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=member.pk).exists()
    assert not DBTaskResult.objects.filter(backend_name="later").exists()
    assert set(LogEntry.objects.values_list("object_repr", flat=True)) == {NAMELESS}


def test_without_a_password_the_username_is_typed(member: User) -> None:
    member.set_unusable_password()
    member.save()
    client = Client()
    client.force_login(member)
    assert "Type your username" in client.get(ADDRESS).content.decode()
    for typed in ({}, {"username": ""}, {"username": "Zelda"}, {"username": "staff"}):
        page = client.post(ADDRESS, typed)
        assert page.status_code == 200
        assert "That is not your username." in page.content.decode()
        assert User.objects.filter(pk=member.pk).exists()
    assert client.post(ADDRESS, {"username": " zelda "})["Location"] == GOODBYE
    assert not User.objects.filter(pk=member.pk).exists()


def test_the_only_superuser_cannot_leave(member: User) -> None:
    member.is_staff = member.is_superuser = True
    member.save()
    User.objects.create_superuser("retired", is_active=False)
    client = signed_in()
    assert "only superuser" in client.get(ADDRESS).content.decode()
    response = client.post(ADDRESS)
    assert "only superuser" in response.content.decode()
    assert "Delete my account for good" not in response.content.decode()
    assert User.objects.filter(pk=member.pk).exists()
    User.objects.create_superuser("second")
    assert "only superuser" not in client.get(ADDRESS).content.decode()
    assert client.post(ADDRESS)["Location"] == GOODBYE


def test_a_form_without_its_token_deletes_nothing(member: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in().cookies
    assert strict.post(ADDRESS).status_code == 403
    assert User.objects.filter(pk=member.pk).exists()


def test_goodbye_is_a_page_for_anybody_and_kept_by_no_cache(client: Client) -> None:
    response = client.get(GOODBYE)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert client.post(GOODBYE).status_code == 405
