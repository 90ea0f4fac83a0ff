"""What each role may do in a league, what a changed role takes back, and what an archived league refuses."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from simlane.leagues import people, tokens
from simlane.leagues.access import own_events, people_with
from simlane.leagues.models import Invitation, Membership, Role, Token
from simlane.results import deciders, versions
from simlane.results.importer import Importer
from simlane.sim.errors import Refused
from simlane.sim.models import Event, League
from simlane.users.models import User
from tests.leagues.conftest import account, signed_in
from tests.results.builders import acc_document, acc_driver, acc_line

pytestmark = pytest.mark.django_db
AT = "/leagues/sunday-cup/"
#: Pages, and the least of the roles that may open each.
PAGES = {"": None, "people/": Role.VIEWER, "reports/": Role.ORGANISER, "upload/": Role.ORGANISER,
         "tokens/": Role.ORGANISER, "edit/": Role.OWNER}  # fmt: skip


def in_role(league: League, role: Role) -> User:
    user = account(f"a-{role.value}")
    Membership.objects.create(league=league, user=user, role=role)
    return user


def bring(folder: Path, league: League, number: int = 1) -> list[str]:
    """Why it was refused."""
    (folder / str(number)).mkdir()
    path = folder / str(number) / f"260{number}01_203000_R.json"
    lines = [acc_line(1001, acc_driver("Alice", "Amber"), bestLap=80_000 + number)]
    path.write_text(json.dumps(acc_document(laps=[], sessionResult={"leaderBoardLines": lines})))
    return [str(error) for _, error in Importer(league=league).run([path]).refused]


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_its_pages_and_is_shown_no_others(league: League, role: Role) -> None:
    client = signed_in(in_role(league, role))
    page = client.get(f"{AT}people/").content.decode()
    for address, least in PAGES.items():
        may = least is None or role in least.and_above
        assert client.get(AT + address).status_code == (200 if may else 404), address
        assert (f'href="{AT}{address}"' in page) == may, address


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.STEWARD, Role.VIEWER])
def test_an_invitation_gives_the_role_it_was_made_for(league: League, olga: User, sam: User, role: Role) -> None:
    page = signed_in(olga).post(f"{AT}people/", {"email": "", "role": role.value}).content.decode()
    assert f"gives one person the role “{role.label}”" in page
    invitation = Invitation.objects.get()
    people.accept(invitation, sam)
    assert Membership.objects.get(user=sam).role == role


def test_nobody_is_invited_as_an_owner(league: League, olga: User) -> None:
    assert signed_in(olga).post(f"{AT}people/", {"email": "", "role": "owner"}).status_code == 422
    with pytest.raises(IntegrityError), transaction.atomic():
        people.invite(league, olga, role=Role.OWNER)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.update(role="king")


def test_a_lower_role_takes_back_what_it_might_not_make(league: League, olga: User, otto: User) -> None:
    key = Membership.objects.get(user=otto).pk
    people.set_role(league, key, Role.OWNER, olga)
    _, invited = people.invite(league, otto)
    _, secret = tokens.make(league, otto, "The server")
    people.set_role(league, key, Role.ORGANISER, olga)
    assert people.invitation_for(invited) is None
    assert tokens.token_in(f"Bearer {secret}", Token.Scope.RESULTS)
    people.set_role(league, key, Role.STEWARD, olga)
    assert tokens.token_in(f"Bearer {secret}", Token.Scope.RESULTS) is None
    # However the role was changed.
    Membership.objects.filter(pk=key).update(role=Role.OWNER)
    _, secret = tokens.make(league, otto, "Another")
    _, invited = people.invite(league, otto)
    Membership.objects.filter(pk=key).update(role=Role.VIEWER)
    assert tokens.token_in(f"Bearer {secret}", Token.Scope.RESULTS) is None
    assert people.invitation_for(invited) is None


def test_only_who_organises_is_told_of_reports_and_withdraws(league: League, olga: User, otto: User) -> None:
    steward, viewer = in_role(league, Role.STEWARD), in_role(league, Role.VIEWER)
    assert people_with(league.pk, Role.ORGANISER) == {olga.pk, otto.pk}
    assert people_with(league.pk, Role.STEWARD) == {olga.pk, otto.pk, steward.pk}
    event = Event.objects.create(simulator_id=1, name="Race", league=league)
    assert list(Event.objects.filter(own_events(otto))) == [event]
    for user in (steward, viewer):
        assert not deciders.VERSIONS.events(user).exists()


def test_who_owned_it_when_the_page_was_made_changes_nobody(league: League, olga: User, otto: User) -> None:
    mine, his = (Membership.objects.get(user=user).pk for user in (olga, otto))
    people.hand_over(league, his, olga)
    for act in (
        lambda: people.set_role(league, his, Role.VIEWER, olga),
        lambda: people.hand_over(league, mine, olga),
        lambda: people.remove(league, his, olga),
        lambda: people.invite(league, olga),
    ):
        with pytest.raises(Refused, match="You do not own this league any more"):
            act()
    assert dict(league.memberships.values_list("user__username", "role")) == {"olga": "organiser", "otto": "owner"}


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_lower_each_other_at_once_one_stays(league: League, olga: User, otto: User) -> None:
    Membership.objects.update(role=Role.OWNER)
    keys = dict(Membership.objects.values_list("user__username", "pk"))
    together, outcomes = threading.Barrier(2), []

    def lower(key: int, by: User) -> None:
        together.wait()
        try:
            people.set_role(league, key, Role.VIEWER, by)
            outcomes.append("lowered")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=lower, args=[keys[name], by]) for name, by in (("otto", olga), ("olga", otto))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["lowered", "refused"]
    assert sorted(Membership.objects.values_list("role", flat=True)) == ["owner", "viewer"]


def test_an_archived_league_stays_as_it_is(league: League, olga: User, otto: User, tmp_path: Path) -> None:
    assert not bring(tmp_path, league)
    event = Event.objects.get()
    _, invited = people.invite(league, olga)
    invitation = people.invitation_for(invited)
    people.archive(league)
    league.refresh_from_db()
    assert league.why_closed.startswith("Sunday Cup is archived")
    # By folder, upload and token it is one importer.
    assert bring(tmp_path, league, 2) == [league.why_closed]
    owner = signed_in(olga)
    edited = {"name": "Other Cup", "time_zone": "UTC", "description": "", "website": "", "discord": ""}
    for address, given in (
        ("edit/", edited),
        ("people/", {"email": "", "role": "steward"}),
        ("tokens/", {"name": "A server"}),
    ):
        response = owner.post(AT + address, given)
        assert (response.status_code, league.why_closed in response.content.decode()) == (422, True), address
    assert invitation
    with pytest.raises(Refused, match="archived"):
        people.accept(invitation, account("tim"))
    assert not deciders.VERSIONS.events(otto).exists()
    assert not Token.objects.exists()
    league.refresh_from_db()
    assert league.name == "Sunday Cup"
    # It may be left and handed over, and is read as ever.
    people.remove(league, Membership.objects.get(user=otto).pk, otto)
    client = signed_in(None)
    assert "Archived on" in client.get(AT).content.decode()
    assert client.get(event.get_absolute_url()).status_code == 200
    assert "Sunday Cup" not in client.get("/leagues/").content.decode()
    listed = client.get("/leagues/?archived=1").content.decode()
    assert "Sunday Cup" in listed
    assert "Archived <time" in listed
    owner.post(f"{AT}edit/", {"archive": "off"})
    assert not bring(tmp_path, league, 3)


def test_a_league_is_not_deleted_while_it_has_results(league: League, olga: User, tmp_path: Path) -> None:
    assert not bring(tmp_path, league)
    versions.withdraw(Event.objects.get(), by=None, reason="the wrong file")

    def delete() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for table in ("membership", "invitation", "token"):
                cursor.execute(f"DELETE FROM leagues_{table}")
            cursor.execute("DELETE FROM results_newprofiles")
            cursor.execute("DELETE FROM sim_league")
            connection.check_constraints()

    with pytest.raises(IntegrityError):
        delete()
    Event.objects.update(league=None, scope=0)
    delete()
    assert not League.objects.exists()
