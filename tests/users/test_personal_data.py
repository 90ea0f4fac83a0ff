"""Download everything about me: all of mine, nothing of others, no secret, and no table forgotten."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.test import Client

from simlane.sim.identity.identifiers import IdentifierKind
from simlane.sim.models import SimProfile
from simlane.sim.ownership import claims, codes
from simlane.sim.ownership.events import Kind
from simlane.sim.ownership.history import How
from simlane.sim.ownership.pictures import Picture
from simlane.sim.ownership.proof import prove
from simlane.users.models import MailChoice, Notification, User
from simlane.users.personal_data import SECTIONS, everything_about

pytestmark = pytest.mark.django_db

ADDRESS = "/users/profile/data/"
PASSWORD = "correct horse battery"

#: Every table that points at an account, and the part of the file it is in, or why it is in none.
WHERE = {
    "account.EmailAddress.user": "emails",
    "admin.LogEntry.user": "staff_log",
    "leagues.Incident.user": "incidents",
    "leagues.Membership.user": "leagues",
    "leagues.NameRequest.user": "names",
    "leagues.Report.user": "reports",
    "leagues.Upload.user": "uploads",
    "mfa.Authenticator.user": "second_factors",
    "results.Decision.by": "result_decisions",
    "results.ResultFile.brought_by": "result_files",
    "results.Ruling.by": "rulings",
    "sim.Claim.claimant": "claims",
    "sim.HistoryEntry.account": "history",
    "sim.HistoryEntry.was_account": "history",
    "sim.OwnershipCode.user": "codes",
    "sim.SimProfile.linked_user": "profiles",
    "socialaccount.SocialAccount.user": "sign_ins",
    "users.MailChoice.user": "mail_choices",
    "users.Follow.user": "follows",
    "users.Notification.user": "notifications",
    "users.User_groups.user": "account",
    "users.User_user_permissions.user": "account",
    "waffle.Flag.users": "account",
    "waffle.Flag_users.user": "account",
}
WITHOUT = {
    "leagues.Incident.answered_by": "an answer is about the report, whose member has it",
    "leagues.Invitation.made_by": "an invitation is the league's, which the member has",
    "leagues.Invitation.used_by": "the membership that came of it is there",
    "leagues.NameRequest.asked_by": "a question is about the member who was asked, who has it",
    "leagues.Report.answered_by": "an answer is about the report, whose member has it",
    "leagues.Token.made_by": "a token is the league's, and opens nothing of the member's",
    "sim.Claim.decided_by": "a decision is about the claimant, who has it",
    "sim.HistoryEntry.actor": "what staff did to the links of others is about those",
    "results.Detachment.made_by": "the decision about the results is there",
    "results.Detachment.undone_by": "the decision about the results is there",
    "results.NameDecision.by": "a decision is about the league's name; who accepted one has the question",
    "sim.LeagueDriver.tied_by": "a tie is the league's; who accepted one has the question",
    "sim.Merge.by": "the history of both profiles has it",
    "sim.Merge.undone_by": "the history of both profiles has it",
}


@pytest.fixture
def member(client: Client, alice: SimProfile) -> User:
    """With one row in each table."""
    user = User.objects.create_user("mia", "mia@example.org", PASSWORD, first_name="Mia", last_name="Member")
    user.groups.add(Group.objects.create(name="Stewards"))
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "a-secret-of-mine"})
    LogEntry.objects.create(
        user=user, action_flag=CHANGE, object_id="7", object_repr="somebody else", change_message=""
    )
    alice.link_to_user(user, verified=True)
    client.force_login(user)
    return user


def download(client: Client) -> dict[str, Any]:
    response = client.post(ADDRESS)
    assert response.status_code == 200
    found: dict[str, Any] = json.loads(response.content)
    return found


def test_no_table_that_points_at_an_account_is_forgotten() -> None:
    found = {
        f"{relation.related_model._meta.app_label}.{relation.related_model.__name__}.{relation.field.name}"
        for relation in User._meta.get_fields(include_hidden=True)
        if relation.auto_created and relation.is_relation and not relation.concrete
    }
    assert found == set(WHERE) | set(WITHOUT), "put the new relation into a section, or say here why it is in none"
    assert set(WHERE.values()) <= set(SECTIONS)
    assert not set(WHERE) & set(WITHOUT)


def test_no_field_of_an_account_is_forgotten() -> None:
    fields = {field.name for field in User._meta.get_fields() if field.concrete}
    renamed = {"date_joined": "joined", "last_login": "last_signed_in", "search_key": "searched_by",
               "user_permissions": "permissions", "password": "has_a_password"}  # fmt: skip
    user = User.objects.create_user("somebody")
    assert {renamed.get(name, name) for name in fields - {"id"}} <= set(SECTIONS["account"](user))


def test_it_is_a_file_of_everything(client: Client, member: User, alice: SimProfile) -> None:
    response = client.post(ADDRESS)
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="simlane-20')
    assert "no-store" in response["Cache-Control"]
    found = json.loads(response.content)
    assert set(found) == set(SECTIONS)
    assert found["account"]["username"] == "mia"
    assert found["account"]["groups"] == ["Stewards"]
    assert found["emails"] == [{"email": "mia@example.org", "verified": True, "primary": True}]
    (profile,) = found["profiles"]
    assert profile["identifier"] == alice.profile_identifier
    assert profile["names_raced_under"] == ["Alice Amber", "Alicia Amber"]
    assert (profile["verified"], profile["public"]) == (True, True)
    assert found["second_factors"][0]["type"] == "totp"
    assert found["staff_log"][0]["object_id"] == "7"


def test_codes_claims_and_history_are_in_it(client: Client, member: User, alice: SimProfile) -> None:
    bob = SimProfile.objects.get(profile_name="Bob Birch")
    bob.link_to_user(member)
    code = codes.issue(bob, member)
    picture = Picture(data=b"webp", width=1, height=1)
    claims.submit(bob, member, "It is me, ask my league.", [picture])
    assert download(client)["codes"][0]["code"] == code.code
    bob.unlink_from_user()
    found = download(client)
    label = {"simulator": "Assetto Corsa Competizione", "identifier": bob.profile_identifier}
    assert found["codes"] == []
    (claim,) = found["claims"]
    assert (claim["profile"], claim["message"], claim["state"]) == (label, "It is me, ask my league.", "Open")
    assert b64decode(claim["pictures_webp_base64"][0]) == b"webp"
    told = [(entry["profile"]["identifier"], entry["what"]) for entry in found["history"]]
    assert told == [
        (alice.profile_identifier, "Linked"),
        (bob.profile_identifier, "Linked"),
        (bob.profile_identifier, "Unlinked"),
    ]
    assert found["history"][0]["before"] is None
    assert found["history"][0]["after"] == {"verified": True, "public": True}
    assert found["history"][-1]["after"] is None


def test_notifications_choices_and_sign_ins_are_in_it(client: Client, member: User) -> None:
    SocialAccount.objects.create(user=member, provider="steam", uid="76561190000000077", extra_data={"a": 1})
    MailChoice.objects.create(user=member, group="links", wanted=False)
    Notification.objects.create(user=member, kind=Kind.LAPSED, about={"name": "Alicia Amber"})
    found = download(client)
    assert found["sign_ins"][0]["uid"] == "76561190000000077"
    assert found["mail_choices"] == {"links": False}
    last = found["notifications"][-1]
    assert (last["what"], last["about"], last["email"]) == ("A link has lapsed", {"name": "Alicia Amber"}, "no e-mail")


def test_of_who_took_a_profile_over_it_says_nothing(client: Client, member: User, owner: User) -> None:
    bob = SimProfile.objects.get(profile_name="Bob Birch")
    bob.link_to_user(member)
    prove(owner, [IdentifierKind.ACC], bob.profile_identifier, how=How.STEAM)
    bob.refresh_from_db()
    bob.set_visibility(owner, public=False)
    entry = download(client)["history"][-1]
    assert entry["what"] == "Moved to another account"
    assert (entry["by_you"], entry["after"], entry["evidence"]) == (False, None, None)
    assert "Hidden" not in [entry["what"] for entry in download(client)["history"]]


def test_nothing_in_it_is_a_secret_or_somebody_elses(client: Client, member: User, owner: User) -> None:
    other = SimProfile.objects.filter(linked_user__isnull=True).first()
    assert other is not None
    other.link_to_user(owner)
    text = json.dumps(download(client))
    for unwanted in (member.password, "a-secret-of-mine", "somebody else", owner.username, other.profile_identifier):
        assert unwanted not in text


def test_it_can_be_had_five_times_an_hour(client: Client, member: User) -> None:
    for _ in range(5):
        download(client)
    response = client.post(ADDRESS)
    assert response.status_code == 429
    assert "five times within an hour" in response.content.decode()
    assert "Mia" not in response.content.decode().split("<main")[1]
    assert client.get(ADDRESS).status_code == 200


def test_only_a_member_gets_it_and_only_by_the_form(client: Client, member: User) -> None:
    page = client.get(ADDRESS)
    assert "Download my data" in page.content.decode()
    assert page["Content-Type"].startswith("text/html")
    client.logout()
    assert client.post(ADDRESS)["Location"] == f"/accounts/login/?next={ADDRESS}"
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member)
    assert strict.post(ADDRESS).status_code == 403


def test_the_number_of_profiles_costs_no_query(member: User, alice: SimProfile, django_assert_num_queries) -> None:
    def links(count: int) -> None:
        for profile in SimProfile.objects.filter(linked_user__isnull=True)[:count]:
            profile.link_to_user(member)

    links(1)
    with django_assert_num_queries(QUERIES):
        everything_about(User.objects.get(pk=member.pk))
    links(2)
    with django_assert_num_queries(QUERIES):
        everything_about(User.objects.get(pk=member.pk))


#: The account itself, and what the sections read.
QUERIES = 25
