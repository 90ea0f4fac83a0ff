"""The bell, the list, the choice of e-mails, and the way out that a mail carries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from simlane.sim.models import SimProfile
from simlane.sim.ownership.events import Kind
from simlane.users.models import MailChoice, Notification, User
from simlane.users.notifications import delivery
from simlane.users.notifications.groups import BY_NAME, choices, groups_for, wants
from simlane.users.notifications.mails import token
from tests.users.notifications.conftest import Told

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]

LIST = "/users/notifications/"
CHOICE = "/users/profile/notifications/"
HTMX = {"HX-Request": "true"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def member(client: Client, anna: User) -> User:
    client.force_login(anna)
    return anna


def way_out(user: User, group: str = "ownership") -> str:
    return f"{LIST}unsubscribe/{token(user.pk, BY_NAME[group])}/"


def wanted(user: User) -> set[str]:
    chosen = choices([user.pk])
    return {group.name for group in groups_for(staff=user.is_staff) if wants(chosen, user.pk, min(group.kinds))}


def bell_queries(captured: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in captured.captured_queries if "users_notification" in query["sql"]]


@pytest.mark.parametrize("path", ["/", "/profiles/", "profile", "/users/profile/sim-profiles/", "/users/profile/"])
def test_the_bell_costs_one_query(path: str, client: Client, told: Told, member: User, alice: SimProfile) -> None:
    for _ in range(3):
        told(Kind.VERIFIED)
    path = alice.get_absolute_url() if path == "profile" else path
    with CaptureQueriesContext(connection) as captured:
        page = client.get(path).content.decode()
    assert "Notifications, 3 new" in page
    assert len(bell_queries(captured)) == 1


def test_the_page_of_choices_names_only_an_address_that_is_confirmed(client: Client, member: User) -> None:
    assert "to <strong" in client.get(CHOICE).content.decode()
    for unconfirmed in (member.emailaddress_set.update(verified=False), member.emailaddress_set.all().delete()):
        assert unconfirmed
        page = client.get(CHOICE).content.decode()
        assert "your account has no confirmed e-mail address" in page
        assert "to <strong" not in page


@pytest.mark.parametrize("path", ["/", "/profiles/"])
def test_a_visitor_has_no_bell_and_it_asks_nothing(path: str, client: Client, told: Told) -> None:
    told(Kind.VERIFIED)
    with CaptureQueriesContext(connection) as captured:
        page = client.get(path).content.decode()
    assert 'id="bell"' not in page
    assert bell_queries(captured) == []


def test_a_part_of_a_page_without_the_bell_asks_nothing(client: Client, member: User) -> None:
    with CaptureQueriesContext(connection) as captured:
        client.get("/profiles/", headers=HTMX)
    assert bell_queries(captured) == []


def test_the_list_costs_the_same_for_one_and_for_many(client: Client, told: Told, member: User) -> None:
    told(Kind.VERIFIED)
    # The first page of all reads the flags.
    client.get(LIST)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        counts.append((len(captured), len(bell_queries(captured))))
        for _ in range(20):
            told(Kind.LINKED)
    assert counts[0] == counts[1]
    assert counts[0][1] == 2


def test_a_hundred_new_ones_are_told_as_many(client: Client, member: User) -> None:
    Notification.objects.bulk_create(Notification(user=member, kind=Kind.VERIFIED) for _ in range(101))
    page = client.get(LIST).content.decode()
    assert "Notifications, more than 99 new" in page
    assert "99+" in page


def test_newest_first_page_by_page(client: Client, member: User) -> None:
    now, names = timezone.now(), [f"D{n:02}" for n in range(60)]
    Notification.objects.bulk_create(
        Notification(
            user=member, kind=Kind.LINKED, created_at=now - timedelta(hours=n // 3), about={"name": f"D{n:02}"}
        )
        for n in range(60)
    )
    seen, address = [], LIST
    while address:
        page = client.get(address).context["page"]
        seen += [each.about["name"] for each in page.items]
        address = page.next_url
    assert sorted(seen) == names
    assert [int(name[1:]) // 3 for name in seen] == sorted(int(name[1:]) // 3 for name in seen)
    assert client.get(f"{LIST}?after=nonsense").status_code == 400


def test_reading_one_and_reading_all(client: Client, told: Told, member: User) -> None:
    first, second = told(Kind.VERIFIED), told(Kind.LINKED)
    client.get(f"{LIST}{first.pk}/read/")
    client.get(f"{LIST}read/")
    assert Notification.objects.filter(read_at=None).count() == 2, "a GET marked them"
    response = client.post(f"{LIST}{first.pk}/read/")
    assert (response.status_code, response["Location"]) == (302, LIST)
    assert list(Notification.objects.filter(read_at=None)) == [second]
    was = Notification.objects.get(pk=first.pk).read_at
    client.post(f"{LIST}{first.pk}/read/")
    assert Notification.objects.get(pk=first.pk).read_at == was
    client.post(f"{LIST}read/")
    assert not Notification.objects.filter(read_at=None).exists()
    assert "Notifications, " not in client.get("/").content.decode()


def test_opening_one_marks_it_and_leads_on(client: Client, told: Told, member: User, alice: SimProfile) -> None:
    notification = told(Kind.LINKED)
    response = client.post(f"{LIST}{notification.pk}/read/", {"open": "1"})
    assert response["Location"] == f"/users/profile/sim-profiles/verify/{alice.pk}/"
    notification.refresh_from_db()
    assert notification.read_at


def test_nobody_reads_another_members(client: Client, told: Told, member: User) -> None:
    theirs = told(Kind.VERIFIED, to=User.objects.create_user("other"))
    assert "Alicia" not in client.get(LIST).content.decode()
    assert client.post(f"{LIST}{theirs.pk}/read/").status_code == 404
    client.post(f"{LIST}read/")
    theirs.refresh_from_db()
    assert theirs.read_at is None
    client.logout()
    for path in (LIST, f"{LIST}read/", f"{LIST}{theirs.pk}/read/", CHOICE):
        assert client.get(path)["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/admin/", f"{LIST}?after=x"])
def test_the_way_back_stays_in_the_list(client: Client, member: User, target: str) -> None:
    location = client.post(f"{LIST}read/", {"next": target})["Location"]
    assert location == (target if target.startswith(LIST) else LIST)


def test_htmx_gets_the_list_and_the_bell(client: Client, told: Told, member: User) -> None:
    notification = told(Kind.VERIFIED)
    told(Kind.LINKED)
    answer = client.post(f"{LIST}{notification.pk}/read/", headers=HTMX, follow=True).content.decode()
    assert "<html" not in answer
    assert 'hx-swap-oob="true"' in answer
    assert "Notifications, 1 new" in answer
    assert 'hx-swap-oob="true"' not in client.get(LIST).content.decode()


def test_a_post_needs_its_token(told: Told, anna: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    notification = told(Kind.VERIFIED)
    for path in (f"{LIST}read/", f"{LIST}{notification.pk}/read/", CHOICE):
        assert client.post(path).status_code == 403


def test_a_member_chooses_which_come_by_mail(client: Client, member: User, told: Told) -> None:
    ours = {"ownership", "claims", "deadlines", "results", "rulings", "names", "news", "new_results", "followed"}
    assert wanted(member) == ours
    page = client.get(CHOICE).content.decode()
    assert page.count(" checked") == len(ours)
    assert "anna@example.org" in page
    assert client.post(CHOICE, {"mail": ["own", "claims"]})["Location"] == CHOICE
    assert wanted(member) == {"own", "claims"}
    assert told(Kind.VERIFIED).email_state == "none"
    assert told(Kind.DISPUTED).email_state == "pending"
    client.post(CHOICE, {})
    assert wanted(member) == set()
    assert client.post(CHOICE, {"mail": "everything"}).status_code == 400


def test_staff_choose_their_work_too(client: Client, member: User) -> None:
    assert 'id="mail-staff"' not in client.get(CHOICE).content.decode()
    assert client.post(CHOICE, {"mail": "staff"}).status_code == 400
    User.objects.filter(pk=member.pk).update(is_staff=True)
    assert 'id="mail-staff"' in client.get(CHOICE).content.decode()
    client.post(CHOICE, {"mail": ["claims"]})
    assert wanted(User.objects.get(pk=member.pk)) == {"claims"}


def test_one_click_needs_no_sign_in_and_no_csrf_token(anna: User) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post(way_out(anna), ONE_CLICK)
    assert answer.status_code == 200
    assert "ownership" not in wanted(anna)
    assert {"claims", "news", "followed"} <= wanted(anna)
    assert client.post(way_out(anna), ONE_CLICK).status_code == 200
    assert MailChoice.objects.count() == 1


def test_looking_at_the_way_out_changes_nothing(client: Client, anna: User) -> None:
    page = client.get(way_out(anna))
    assert "Stop these e-mails?" in page.content.decode()
    client.head(way_out(anna))
    assert not MailChoice.objects.exists()


def test_the_way_out_of_all(client: Client, anna: User) -> None:
    assert "about your profiles any more" in client.post(way_out(anna), {"all": "1"}).content.decode()
    assert wanted(anna) == set()


def test_a_forged_way_out_is_refused(client: Client, anna: User) -> None:
    good = token(anna.pk, BY_NAME["ownership"])
    other = User.objects.create_user("other")
    for forged in (good[:-1], good.replace(str(anna.pk), str(other.pk), 1), "x", f"{anna.pk}-ownership"):
        answer = client.post(f"{LIST}unsubscribe/{forged}/", ONE_CLICK)
        assert answer.status_code == 400
        assert "not one of ours" in answer.content.decode()
    assert not MailChoice.objects.exists()


def test_the_way_out_of_an_account_that_has_gone(client: Client, anna: User) -> None:
    path = way_out(anna)
    anna.delete()
    assert client.post(path, ONE_CLICK).status_code == 200
    assert not MailChoice.objects.exists()


def test_who_stopped_the_mails_gets_none_that_was_waiting(client: Client, told: Told, anna: User) -> None:
    told(Kind.VERIFIED)
    client.post(way_out(anna), ONE_CLICK)
    assert delivery.deliver().unwanted == 1
    assert Notification.objects.get().email_state == "none"
