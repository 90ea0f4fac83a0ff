"""Who wins when somebody proves that a profile is theirs, and rule 8: all of it is in the history."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.db import DatabaseError, connection, transaction

from simlane.sim.errors import Refused
from simlane.sim.identity.identifiers import IdentifierKind
from simlane.sim.models import Claim, ContestedIdentifier, HistoryEntry, OwnershipCode, ProfileName, SimProfile
from simlane.sim.ownership import claims, codes
from simlane.sim.ownership import proof as ownership
from simlane.sim.ownership.history import How
from simlane.users.models import User
from tests.sim.conftest import STEAM_ID, MakeProfile

pytestmark = pytest.mark.django_db

STEAM = (IdentifierKind.STEAM, IdentifierKind.ACC)


def by_steam(user: User, identifier: str = STEAM_ID) -> ownership.Proof:
    return ownership.prove(user, STEAM, identifier, how=How.STEAM)


def acts_of(profile: SimProfile) -> list[tuple[str, str]]:
    return list(HistoryEntry.objects.filter(profile=profile).order_by("pk").values_list("action", "how"))


def owner_of(profile: SimProfile) -> tuple[int | None, bool]:
    profile.refresh_from_db()
    return profile.linked_user_id, profile.is_verified


def test_one_sign_in_proves_the_id_on_every_simulator(
    ann: User, make_profile: MakeProfile, told: list[tuple[str, int]]
) -> None:
    here = [make_profile(simulator, STEAM_ID) for simulator in ("assetto-corsa-competizione", "rfactor-2")]
    other = make_profile("rfactor-2", "76561198000000002")
    raceroom = make_profile("raceroom", "1234567")
    proof = by_steam(ann)
    assert {profile.pk for profile in proof.verified} == {profile.pk for profile in here}
    assert [owner_of(profile) for profile in here] == [(ann.pk, True)] * 2
    assert owner_of(other) == owner_of(raceroom) == (None, False)
    assert told == [("verified", ann.pk)] * 2
    assert by_steam(ann).already == proof.verified
    assert acts_of(here[0]) == [("link", "steam")]


def test_a_claim_against_what_was_verified_since_is_a_dispute(
    ann: User, ben: User, staff: User, make_profile: MakeProfile, told: list[tuple[str, int]]
) -> None:
    profile = make_profile()
    profile.link_to_user(ann)
    claims.submit(profile, ann, "Mine.")
    claims.submit(profile, ben, "No, mine.")
    told.clear()
    ownership.confirm(SimProfile.objects.all(), by=staff)
    states = dict(Claim.objects.values_list("claimant", "state"))
    assert states == {ann.pk: "accepted", ben.pk: "open"}
    assert Claim.objects.get(claimant=ben).disputed
    assert sorted(told) == sorted([("verified", ann.pk), ("disputed", ben.pk), ("disputed", ann.pk)])


def test_a_claim_of_a_closed_account_can_be_refused(ann: User, staff: User, make_profile: MakeProfile) -> None:
    claim = claims.submit(make_profile(), ann, "Mine.")
    User.objects.filter(pk=ann.pk).update(is_active=False)
    with pytest.raises(Refused, match="does not exist"):
        claims.accept(claim, by=staff)
    claims.refuse(claim, by=staff, reason="The account is closed.")
    claim.refresh_from_db()
    assert claim.state == "refused"


def test_who_had_proved_the_id_before_has_their_older_row_merged_by_a_new_proof(
    ann: User, make_profile: MakeProfile
) -> None:
    imported = make_profile("rfactor-2", STEAM_ID)
    by_steam(ann)
    older = make_profile("rfactor-2", "ann-of-old")
    ContestedIdentifier.objects.create(
        profile=older, simulator=older.simulator, identifier=STEAM_ID, keeps_identifier=False
    )
    older.link_to_user(ann)
    proof = by_steam(ann)
    assert [each.merged_id for each in proof.merged] == [older.pk]
    older.refresh_from_db()
    assert older.merged_into == imported


def test_an_id_without_a_profile_proves_nothing_yet(ann: User) -> None:
    assert by_steam(ann) == ownership.Proof()


def test_an_unverified_link_moves_to_who_proves(
    ann: User, ben: User, make_profile: MakeProfile, told: list[tuple[str, int]]
) -> None:
    profile = make_profile("rfactor-2", STEAM_ID)
    profile.link_to_user(ben)
    by_steam(ann)
    assert owner_of(profile) == (ann.pk, True)
    assert told[1:] == [("verified", ann.pk), ("taken_over", ben.pk)]
    entry = HistoryEntry.objects.filter(profile=profile).latest("pk")
    assert (entry.action, entry.was_account_id, entry.account_id, entry.actor_id) == (
        "transfer",
        ben.pk,
        ann.pk,
        ann.pk,
    )
    assert entry.evidence == {"identifier": STEAM_ID}


def test_a_verified_link_moves_when_the_platform_says_so_and_what_was_hidden_stays_hidden(
    ann: User, ben: User, make_profile: MakeProfile
) -> None:
    profile = make_profile("rfactor-2", STEAM_ID)
    by_steam(ben)
    SimProfile.objects.get(pk=profile.pk).set_visibility(ben, public=False)
    by_steam(ann)
    assert owner_of(profile) == (ann.pk, True)
    assert not profile.is_public


def test_by_code_a_verified_link_is_only_disputed(
    ann: User, ben: User, make_profile: MakeProfile, told: list[tuple[str, int]]
) -> None:
    profile = make_profile()
    profile.link_to_user(ben)
    code = codes.issue(profile, ben)
    # Ann was verified meanwhile, by staff.
    SimProfile.objects.filter(pk=profile.pk).update(linked_user=ann, is_verified=True)
    del told[:]
    (proof,) = codes.redeem([codes.Seen(profile.pk, frozenset({code.code}), session=7)])
    assert [each.pk for each in proof.disputed] == [profile.pk]
    assert owner_of(profile) == (ann.pk, True)
    claim = Claim.objects.get()
    assert (claim.claimant, claim.how, claim.disputed, claim.evidence) == (ben, "code", True, {"session": 7})
    assert set(told) == {("disputed", ann.pk), ("disputed", ben.pk)}


def test_a_closed_account_proves_nothing(ann: User, make_profile: MakeProfile) -> None:
    profile = make_profile("rfactor-2", STEAM_ID)
    User.objects.filter(pk=ann.pk).update(is_active=False)
    with pytest.raises(Refused, match="does not exist any more"):
        by_steam(ann)
    assert owner_of(profile) == (None, False)


def test_the_platform_ends_every_claim_about_the_profile(
    ann: User, ben: User, make_profile: MakeProfile, told: list[tuple[str, int]]
) -> None:
    profile = make_profile("rfactor-2", STEAM_ID)
    mine, other = (claims.submit(profile, user, "It is mine.") for user in (ann, ben))
    by_steam(ann)
    states = dict(Claim.objects.values_list("pk", "state"))
    assert states == {mine.pk: "accepted", other.pk: "refused"}
    assert ("decided", ben.pk) in told


def test_staff_decide_a_dispute_once_and_never_their_own(
    ann: User, ben: User, staff: User, make_profile: MakeProfile, told: list[tuple[str, int]]
) -> None:
    profile = make_profile()
    profile.link_to_user(ben, verified=True)
    claim = claims.submit(profile, ann, "Ben is not me.")
    assert claim.disputed
    assert ("disputed", ben.pk) in told
    for party in (ann, ben):
        with pytest.raises(Refused, match="party to this claim"):
            claims.accept(claim, by=party)
    with pytest.raises(Refused, match="Say why"):
        claims.refuse(claim, by=staff, reason="  ")
    claims.accept(claim, by=staff, reason="The photo says so.")
    assert owner_of(profile) == (ann.pk, True)
    assert {("taken_over", ben.pk), ("decided", ann.pk)} <= set(told)
    assert ("verified", ann.pk) not in told, "told twice"
    with pytest.raises(Refused, match="decided or withdrawn"):
        claims.refuse(claim, by=staff, reason="No.")
    assert acts_of(profile)[-1] == ("transfer", "staff")


def test_a_refused_claim_changes_nothing(ann: User, ben: User, staff: User, make_profile: MakeProfile) -> None:
    profile = make_profile()
    profile.link_to_user(ben, verified=True)
    claim = claims.submit(profile, ann, "Mine.")
    claims.refuse(claim, by=staff, reason="The picture shows another id.")
    assert owner_of(profile) == (ben.pk, True)
    claim.refresh_from_db()
    assert (claim.state, claim.decided_by, claim.reason) == ("refused", staff, "The picture shows another id.")
    # Another one may follow.
    assert claims.submit(profile, ann, "Better ones.").pk != claim.pk


def test_one_open_claim_for_each_member_and_profile(ann: User, make_profile: MakeProfile) -> None:
    profile = make_profile()
    claim = claims.submit(profile, ann, "Mine.")
    with pytest.raises(Refused, match="already"):
        claims.submit(profile, ann, "Mine.")
    claims.withdraw(claim, ann)
    with pytest.raises(Refused, match="decided or withdrawn"):
        claims.withdraw(claim, ann)
    claims.submit(profile, ann, "Mine after all.")


def test_who_proved_a_profile_needs_no_claim(ann: User, make_profile: MakeProfile) -> None:
    profile = make_profile()
    profile.link_to_user(ann, verified=True)
    with pytest.raises(Refused, match="verified as yours already"):
        claims.submit(profile, ann, "Mine.")


def test_proof_of_a_contested_id_merges_the_old_row_into_the_right_one(
    ann: User, ben: User, make_profile: MakeProfile
) -> None:
    """Two rows of the old model held one id: Ben's, the older, has it; Ann proves that it is hers."""
    kept = make_profile("rfactor-2", STEAM_ID, name="Ben")
    kept.link_to_user(ben)
    old = make_profile("rfactor-2", "ann-1b2c", name="Ann of old")
    old.link_to_user(ann)
    ProfileName.objects.create(profile=old, name="Ann of old", folded="ann of old", last_used_at=old.created_at)
    for profile, keeps in ((kept, True), (old, False)):
        ContestedIdentifier.objects.create(
            profile=profile, simulator=profile.simulator, identifier=STEAM_ID, keeps_identifier=keeps
        )
    proof = by_steam(ann)
    assert [merge.merged_id for merge in proof.merged] == [old.pk]
    assert owner_of(kept) == (ann.pk, True)
    assert owner_of(old) == (None, False)
    assert old.merged_into == kept
    assert list(kept.names.values_list("name", flat=True)) == ["Ann of old"]


def test_an_unproved_old_row_is_not_merged(ann: User, make_profile: MakeProfile) -> None:
    """Rule 11: anybody may link a row of nobody; that it is linked proves nothing."""
    proved = make_profile("rfactor-2", STEAM_ID)
    old = make_profile("rfactor-2", "somebody-else-1b2c", name="Somebody else")
    old.link_to_user(ann)
    assert by_steam(ann).merged == []
    old.refresh_from_db()
    assert old.merged_into is None
    assert owner_of(proved) == (ann.pk, True)


def test_rule_8_the_history_is_written_by_whatever_statement(ann: User, make_profile: MakeProfile) -> None:
    profile = make_profile()
    profile.link_to_user(ann)
    ownership.confirm(SimProfile.objects.all(), by=ann)
    SimProfile.objects.get(pk=profile.pk).set_visibility(ann, public=False)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sim_simprofile SET is_public = %s", [True])
    ann.delete()
    assert acts_of(profile) == [
        ("link", "click"),
        ("verify", "staff"),
        ("hide", "click"),
        ("show", ""),
        ("unlink", "account_deleted"),
    ]
    entries = list(HistoryEntry.objects.of(profile))
    assert [(entry.account_id, entry.verified, entry.public) for entry in entries][:1] == [(None, False, True)]
    for later, earlier in pairwise(entries):
        assert (later.was_account_id, later.was_verified, later.was_public) == (
            earlier.account_id,
            earlier.verified,
            earlier.public,
        )
    # The account's number is all that is left of it.
    assert entries[0].actor is None
    assert entries[0].actor_id is not None


@pytest.mark.parametrize("statement", ["UPDATE sim_historyentry SET how = 'x'", "DELETE FROM sim_historyentry"])
def test_rule_8_the_history_only_grows(ann: User, make_profile: MakeProfile, statement: str) -> None:
    make_profile().link_to_user(ann)
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert HistoryEntry.objects.count() == 1


@pytest.mark.parametrize("act", ["nothing", "a name"])
def test_what_changes_no_link_is_no_history(make_profile: MakeProfile, act: str) -> None:
    profile = make_profile()
    profile.profile_name = act
    profile.save()
    assert not HistoryEntry.objects.exists()


def test_proof_ends_the_code_and_the_reminder(ann: User, make_profile: MakeProfile) -> None:
    profile = make_profile("rfactor-2", STEAM_ID)
    profile.link_to_user(ann)
    codes.issue(profile, ann)
    by_steam(ann)
    assert not OwnershipCode.objects.exists()
