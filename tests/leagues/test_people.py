"""Who runs a league: invitations, leaving, handing over; it keeps an owner while one stays."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.http import Http404
from django.test import Client
from django.utils import timezone

from simlane.leagues import people, tokens
from simlane.leagues.access import role_of
from simlane.leagues.models import Invitation, Membership, Role, Token
from simlane.sim.errors import Refused
from simlane.sim.models import League
from simlane.users.account_deletion import delete_account
from simlane.users.models import User
from tests.leagues.conftest import account, signed_in

pytestmark = pytest.mark.django_db
PEOPLE = "/leagues/sunday-cup/people/"
AS_ORGANISER = {"email": "", "role": "organiser"}


def link_in(page: str) -> str:
    found = re.search(r"/leagues/invitations/[\w-]+/", page)
    assert found
    return found[0]


def roles(league: League) -> dict[str, str]:
    return dict(league.memberships.values_list("user__username", "role"))


def change(client: Client, league: League, user: User, act: str) -> None:
    key = Membership.objects.get(league=league, user=user).pk
    given = {"act": "role", "role": act} if act in Role.values else {"act": act}
    assert client.post(f"{PEOPLE}{key}/", given).status_code == 302


def test_an_invitation_by_link_makes_one_person_an_organiser_once(league: League, olga: User, sam: User) -> None:
    page = signed_in(olga).post(PEOPLE, AS_ORGANISER).content.decode()
    link = link_in(page)
    secret = link.split("/")[-2]
    assert secret not in signed_in(olga).get(PEOPLE).content.decode()
    assert secret not in str(list(Invitation.objects.values()))
    assert signed_in(None).get(link)["Location"].startswith("/accounts/login/")
    assert sam.username not in roles(league)
    client = signed_in(sam)
    assert "Join Sunday Cup?" in client.get(link).content.decode()
    assert sam.username not in roles(league), "looking at it accepted it"
    assert client.post(link)["Location"] == league.get_absolute_url()
    assert roles(league)["sam"] == Role.ORGANISER
    assert signed_in(account("tim")).post(link).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_an_invitation_by_mail_carries_the_link_and_forgets_the_address(league: League, olga: User, sam: User) -> None:
    page = signed_in(olga).post(PEOPLE, AS_ORGANISER | {"email": "sam@example.org"}).content.decode()
    (sent,) = mail.outbox
    assert sent.to == ["sam@example.org"]
    assert link_in(sent.body) == link_in(page)
    assert Invitation.objects.get().email == "sam@example.org"
    signed_in(sam).post(link_in(sent.body))
    assert Invitation.objects.get().email == ""


def test_an_invitation_that_is_taken_back_or_old_opens_nothing(league: League, olga: User, sam: User) -> None:
    links = [link_in(signed_in(olga).post(PEOPLE, AS_ORGANISER).content.decode()) for _ in range(2)]
    first, second = Invitation.objects.order_by("pk")
    signed_in(olga).post(f"{PEOPLE}invitations/{first.pk}/revoke/")
    Invitation.objects.filter(pk=second.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    for link in (*links, "/leagues/invitations/guessed/"):
        response = signed_in(sam).post(link)
        assert response.status_code == 404
        assert "opens nothing" in response.content.decode()
    assert "sam" not in roles(league)


def test_an_address_goes_with_the_account_it_is_of(league: League, olga: User, sam: User) -> None:
    people.invite(league, olga, "sam@example.org")
    delete_account(sam)
    assert Invitation.objects.get().email == ""


def test_who_runs_it_already_leaves_an_invitation_for_others(league: League, olga: User, otto: User) -> None:
    link = link_in(signed_in(olga).post(PEOPLE, AS_ORGANISER).content.decode())
    signed_in(otto).post(link)
    assert Invitation.objects.get().used_at is None


def test_only_owners_invite_and_change_others(league: League, otto: User, olga: User, sam: User) -> None:
    key = Membership.objects.get(league=league, user=olga).pk
    for client in (signed_in(otto), signed_in(sam)):
        assert client.post(PEOPLE, AS_ORGANISER).status_code == 404
        assert client.post(f"{PEOPLE}{key}/", {"act": "remove"}).status_code == 404
        assert client.get("/leagues/sunday-cup/edit/").status_code == 404
    assert signed_in(sam).get(PEOPLE).status_code == 404
    assert roles(league) == {"olga": Role.OWNER, "otto": Role.ORGANISER}
    assert not Invitation.objects.exists()


def test_who_was_removed_while_a_page_was_made_finds_no_page(league: League, olga: User, sam: User) -> None:
    assert role_of(olga, league) == Role.OWNER
    with pytest.raises(Http404):
        role_of(sam, league)


def test_the_last_owner_stays_until_another_is_named(league: League, olga: User, otto: User) -> None:
    owner = signed_in(olga)
    response = owner.post(f"{PEOPLE}leave/", follow=True)
    assert "needs an owner" in response.content.decode()
    change(owner, league, olga, "organiser")
    assert roles(league)["olga"] == Role.OWNER
    change(owner, league, otto, "owner")
    owner.post(f"{PEOPLE}leave/")
    assert roles(league) == {"otto": Role.OWNER}


def test_handing_over_makes_the_former_owner_an_organiser(league: League, olga: User, otto: User) -> None:
    change(signed_in(olga), league, otto, "hand_over")
    assert roles(league) == {"olga": Role.ORGANISER, "otto": Role.OWNER}
    change(signed_in(otto), league, olga, "remove")
    assert roles(league) == {"otto": Role.OWNER}


@pytest.mark.parametrize("how", ["removed", "by staff", "closed", "deleted", "deleted by the old release"])
def test_what_somebody_made_who_is_gone_opens_nothing(league: League, olga: User, otto: User, how: str) -> None:
    people.set_role(league, Membership.objects.get(user=otto).pk, Role.OWNER, olga)
    _, invited = people.invite(league, otto, "friend@example.org")
    _, secret = tokens.make(league, otto, "The server")
    _, others = tokens.make(league, olga, "Another server")
    if how == "removed":
        change(signed_in(olga), league, otto, "remove")
    elif how == "by staff":
        # As the admin's inline does.
        Membership.objects.get(user=otto).delete()
    elif how == "closed":
        User.objects.filter(pk=otto.pk).update(is_active=False)
    elif how == "deleted":
        delete_account(otto)
    else:
        otto.emailaddress_set.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM users_user WHERE id = %s", [otto.pk])
    assert people.invitation_for(invited) is None
    assert tokens.token_in(f"Bearer {secret}", Token.Scope.RESULTS) is None
    assert tokens.token_in(f"Bearer {others}", Token.Scope.RESULTS)
    assert how not in ("removed", "deleted") or not Invitation.objects.exclude(email="").exists()


def test_a_deleted_account_leaves_its_league_to_the_staff(league: League, olga: User, otto: User, sam: User) -> None:
    delete_account(olga)
    assert roles(league) == {"otto": Role.ORGANISER}
    User.objects.filter(pk=sam.pk).update(is_staff=True, is_superuser=True)
    staff = signed_in(sam)
    assert "Sunday Cup" in staff.get("/admin/sim/league/?owner=none").content.decode()
    # As the admin's inline does.
    Membership.objects.filter(user=otto).update(role=Role.OWNER)
    assert "Sunday Cup" not in staff.get("/admin/sim/league/?owner=none").content.decode()


def test_an_account_owns_so_many_leagues_and_has_a_confirmed_address(olga: User, settings: object) -> None:
    settings.LEAGUES_PER_ACCOUNT = 1  # type: ignore[attr-defined]
    people.make(olga, League(name="One", slug="one"))
    with pytest.raises(Refused, match="archive one"):
        people.make(olga, League(name="Two", slug="two"))
    League.objects.update(archived_at=timezone.now())
    people.make(olga, League(name="Two", slug="two"))
    page = signed_in(olga).post("/leagues/one/edit/", {"archive": "off"}, follow=True).content.decode()
    assert "archive one, or hand it over" in page
    assert League.objects.filter(archived_at=None).count() == 1
    with pytest.raises(Refused, match="Confirm"):
        people.make(account("nora", confirmed=False), League(name="Three", slug="three"))


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_once_one_stays(league: League, olga: User, otto: User) -> None:
    Membership.objects.update(role=Role.OWNER)
    owners = [(each.pk, each.user) for each in Membership.objects.select_related("user")]
    together, outcomes = threading.Barrier(2), []

    def leave(key: int, user: User) -> None:
        together.wait()
        try:
            people.remove(league, key, user)
            outcomes.append("left")
        except Refused:
            outcomes.append("stayed")
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=owner) for owner in owners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["left", "stayed"]
    assert Membership.objects.filter(role=Role.OWNER).count() == 1
