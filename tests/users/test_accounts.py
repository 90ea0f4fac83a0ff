"""Accounts by django-allauth, as this site sets it up: sign-up to recovery codes, and its limits."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from simlane.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]
PASSWORD = "correct horse battery"


@pytest.fixture
def member(client: Client) -> User:
    """Signed in with the password, and asked for it again, as pages that guard the account do."""
    user = User.objects.create_user("member", "member@example.org", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    client.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    assert client.get("/accounts/2fa/totp/activate/")["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return user


def linked(message: mail.EmailMessage) -> str:
    found = re.search(r"https?://\S+", str(message.body))
    assert found
    return urlsplit(found[0]).path


@pytest.mark.django_db(transaction=True)
def test_sign_up_confirm_and_sign_in_again(client: Client) -> None:
    form = {"username": "new", "email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/accounts/signup/", form).status_code == 302
    (message,) = mail.outbox
    assert message.subject.startswith("[SimLane]")
    address = linked(message)
    assert client.get(address).status_code == 200
    assert not EmailAddress.objects.get().verified, "a GET confirmed it"
    client.post(address)
    assert EmailAddress.objects.get().verified
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": "new@example.org", "password": PASSWORD})
    assert client.get("/users/profile/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_forgotten_password_is_set_anew(client: Client, settings: Any) -> None:
    settings.SITE_URL = "https://simlane.example.org"
    user = User.objects.create_user("member", "member@example.org", "forgotten")
    client.post("/accounts/password/reset/", {"email": user.email})
    assert "https://simlane.example.org/accounts/password/reset/key/" in str(mail.outbox[0].body)
    assert "testserver" not in str(mail.outbox[0].body)
    form = client.get(linked(mail.outbox[0]), follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": PASSWORD, "password2": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_the_password_changes(client: Client, member: User) -> None:
    new = "staple" + PASSWORD
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    member.refresh_from_db()
    assert member.check_password(new)


def test_a_second_factor_is_asked_for_and_a_recovery_code_works_once(client: Client, member: User) -> None:
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    counter = next(yield_hotp_counters_from_time())
    code = format_hotp_value(hotp_value(secret, counter))
    response = client.post("/accounts/2fa/totp/activate/", {"code": code})
    assert response.status_code == 302
    codes = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10

    def enter(answer: str) -> int:
        other = Client()
        response = other.post("/accounts/login/", {"login": "member", "password": PASSWORD})
        assert response["Location"].startswith("/accounts/2fa/authenticate/")
        assert other.get("/users/profile/").status_code == 302, "in without the second factor"
        other.post("/accounts/2fa/authenticate/", {"code": answer})
        return other.get("/users/profile/").status_code

    assert enter("000000") == 302
    assert enter(codes[0]) == 200
    assert enter(codes[0]) == 302
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"totp", "recovery_codes"}


def test_wrong_passwords_are_slowed_down(client: Client) -> None:
    User.objects.create_user("member", "member@example.org", PASSWORD)
    for _ in range(5):
        client.post("/accounts/login/", {"login": "member", "password": "wrong"})
    response = client.post("/accounts/login/", {"login": "member", "password": PASSWORD})
    assert response.status_code == 429
    assert "Too many failed login attempts" in response.content.decode()


def test_searching_has_a_pace(client: Client) -> None:
    answers = [client.get("/profiles/search/", {"q": "a"}).status_code for _ in range(121)]
    assert set(answers[:120]) == {200}
    assert answers[120] == 429


@pytest.mark.parametrize("address", ["/tracks/", "/cars/"])
def test_looking_for_a_track_or_a_car_counts_as_a_search(client: Client, address: str) -> None:
    for _ in range(120):
        client.get("/profiles/search/", {"q": "a"})
    assert client.get(address, {"q": "a"}).status_code == 429
    assert client.get(address).status_code == 200


def test_a_page_that_is_not_there_counts_as_a_search(client: Client) -> None:
    for _ in range(120):
        client.get("/profiles/search/", {"q": "a"})
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/profiles/iracing/Marta-Sandqvist/").status_code == 404
    assert not any("sim_profilename" in query["sql"] for query in asked)


def test_what_a_member_sees_is_kept_by_no_browser(client: Client, member: User) -> None:
    for page in ("/", "/profiles/", "/events/", "/users/profile/"):
        assert "no-store" in client.get(page)["Cache-Control"]
    assert "Cache-Control" not in Client().get("/profiles/")


def test_the_names_of_an_account(client: Client, member: User) -> None:
    client.post("/users/profile/", {"username": "member", "first_name": "Zoë", "last_name": "Öst"})
    member.refresh_from_db()
    assert (member.first_name, member.search_key) == ("Zoë", "member zoe ost")
    User.objects.create_user("taken")
    response = client.post("/users/profile/", {"username": "taken", "first_name": "", "last_name": ""})
    assert "already exists" in response.content.decode()
    member.last_name = "West"
    member.save(update_fields=["last_name"])
    member.refresh_from_db()
    assert member.search_key == "member zoe west"


@pytest.mark.parametrize(
    ("address", "section"),
    [
        ("/users/profile/", "General"),
        ("/users/profile/sim-profiles/", "Sim profiles"),
        ("/users/profile/driver-page/", "Driver page"),
        ("/users/profile/data/", "Your data"),
        ("/users/profile/delete/", "Your data"),
        ("/accounts/email/", "E-mails"),
        ("/accounts/password/change/", "Password"),
        ("/accounts/2fa/", "Security"),
        ("/accounts/2fa/totp/activate/", "Security"),
    ],
)
@pytest.mark.usefixtures("member")
def test_the_account_shows_which_section_is_open(client: Client, address: str, section: str) -> None:
    page = client.get(address).content.decode()
    navigation = page[page.index('aria-label="Account"') :]
    current = re.findall(r'aria-current="\w+">([^<]+)<', navigation[: navigation.index("</nav>")])
    assert current == [section]


@pytest.mark.parametrize(
    "username",
    [".", "..", "TAKEN", "taken@example.org", "second@example.org", "nobody@example.org", "new@example.org", "a@b"],
)
def test_renaming_obeys_the_rules_of_signing_up(client: Client, member: User, username: str) -> None:
    taken = User.objects.create_user("taken", "taken@example.org")
    EmailAddress.objects.create(user=taken, email="second@example.org")
    # Asked for, and not confirmed: it may be anybody's.
    EmailAddress.objects.create(user=member, email="new@example.org")
    page = client.post("/users/profile/", {"username": username, "first_name": "", "last_name": ""})
    assert page.status_code == 200
    assert page.context["form"].errors["username"]
    form = {"username": username, "email": "newer@example.org", "password1": PASSWORD, "password2": PASSWORD}
    for email in ("newer@example.org", username):
        assert Client().post("/accounts/signup/", form | {"email": email}).context["form"].errors["username"]
    assert set(User.objects.values_list("username", flat=True)) == {"member", "taken"}


@pytest.mark.parametrize("username", ["Member", "Member@example.org"])
def test_an_account_may_write_its_own_name_otherwise(client: Client, member: User, username: str) -> None:
    client.post("/users/profile/", {"username": username, "first_name": "", "last_name": ""})
    member.refresh_from_db()
    assert member.username == username


def test_a_name_of_the_old_model_may_stay(client: Client) -> None:
    old = User.objects.create_user("other@example.org")
    client.force_login(old, "django.contrib.auth.backends.ModelBackend")
    client.post("/users/profile/", {"username": "other@example.org", "first_name": "Zoë", "last_name": ""})
    old.refresh_from_db()
    assert old.first_name == "Zoë"


@pytest.mark.parametrize("username", [".", "TAKEN", "nobody@example.org"])
def test_staff_name_accounts_by_the_same_rules(admin_client: Client, member: User, username: str) -> None:
    User.objects.create_user("taken")
    form = {"username": username, "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    for page in (f"/admin/users/user/{member.pk}/change/", "/admin/users/user/add/"):
        assert len(admin_client.post(page, form).context["adminform"].form.errors["username"]) == 1
    assert not User.objects.filter(username=username).exists()


def test_sign_in_by_name_ignores_case(client: Client) -> None:
    User.objects.create_user("Marta", "marta@example.org", PASSWORD)
    assert client.post("/accounts/login/", {"login": "mARTA", "password": PASSWORD}).status_code == 302


def test_an_address_can_be_added_under_two_factor(client: Client, member: User) -> None:
    Authenticator.objects.create(user=member, type="totp", data={"secret": "x"})
    client.post("/accounts/email/", {"action_add": "", "email": "other@example.org"})
    assert EmailAddress.objects.filter(user=member, email="other@example.org").exists()


def _at_once(posts: list[tuple[Client, str, dict[str, str]]]) -> list[int]:
    together = Barrier(len(posts))

    def post(each: tuple[Client, str, dict[str, str]]) -> int:
        client, address, form = each
        try:
            together.wait()
            return client.post(address, form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(posts)) as visitors:
        return sorted(visitors.map(post, posts))


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_names_while_a_password_is_hashed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed_in: list[bool] = []

    class Noted(MD5PasswordHasher):
        algorithm = "noted"

        def encode(self, password: str, salt: str, **options: Any) -> str:
            hashed_in.append(connection.in_atomic_block)
            return super().encode(password, salt, **options)

    monkeypatch.setattr("django.contrib.auth.hashers.get_hashers", lambda: [Noted()])
    monkeypatch.setattr("django.contrib.auth.hashers.get_hashers_by_algorithm", lambda: {"noted": Noted()})
    form = {"username": "new", "email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/accounts/signup/", form).status_code == 302
    assert hashed_in == [False]
    assert User.objects.get().check_password(PASSWORD)
    assert client.get("/users/profile/").status_code == 200, "signed in"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", ["username", "email"])
def test_five_sign_ups_at_once_make_one_account_and_the_others_are_told(same: str) -> None:
    posts = []
    for number in range(5):
        form = {"username": f"new{number}", "email": f"new{number}@example.org", "password1": PASSWORD}
        form |= {"password2": PASSWORD, same: "one@example.org" if same == "email" else "one"}
        posts.append((Client(), "/accounts/signup/", form))
    assert _at_once(posts) == [200, 200, 200, 200, 302]
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_names_that_staff_give_at_once_one_is_taken() -> None:
    posts = []
    for number, name in enumerate(("wanted", "WANTED", "Wanted")):
        visitor = Client()
        visitor.force_login(
            User.objects.create_superuser(f"staff{number}"), "django.contrib.auth.backends.ModelBackend"
        )
        form = {"username": name, "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
        posts.append((visitor, "/admin/users/user/add/", form))
    assert _at_once(posts) == [200, 200, 302]
    assert User.objects.filter(username__iexact="wanted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_name_at_once_one_has_it_and_the_other_is_told() -> None:
    posts = []
    for name in ("anna", "bela"):
        visitor = Client()
        visitor.force_login(User.objects.create_user(name), "django.contrib.auth.backends.ModelBackend")
        posts.append((visitor, "/users/profile/", {"username": "wanted", "first_name": "", "last_name": ""}))
    assert _at_once(posts) == [200, 302]
    assert User.objects.filter(username="wanted").count() == 1
