"""Rules 2 to 5 in sim.ownership.linking: who may link, and that each act is one conditional statement."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, connections
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from simlane.sim.errors import Refused
from simlane.sim.models import SimProfile, Simulator
from simlane.sim.ownership import linking, proof
from simlane.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben")


@pytest.fixture
def profile() -> SimProfile:
    return SimProfile.objects.create(
        simulator=Simulator.objects.get(slug="iracing"), profile_name="Ann", profile_identifier="1"
    )


def test_a_profile_of_nobody_can_be_linked(profile: SimProfile, ann: User) -> None:
    assert profile.can_user_link(ann)
    profile.link_to_user(ann)
    profile.refresh_from_db()
    assert (profile.linked_user, profile.is_verified, profile.is_public) == (ann, False, True)
    assert profile.linked_at is not None
    assert abs(timezone.now() - profile.linked_at) < timedelta(minutes=1)


def test_nobody_else_may_link_it_then(profile: SimProfile, ann: User, ben: User) -> None:
    before = SimProfile.objects.get(pk=profile.pk)
    profile.link_to_user(ann, verified=True)
    assert not profile.can_user_link(ben)
    # As Ben read it, it was nobody's: the row decides, not what was read.
    assert before.can_user_link(ben)
    with pytest.raises(Refused, match="already linked to another user"):
        before.link_to_user(ben, verified=True)
    assert SimProfile.objects.get(pk=profile.pk).linked_user == ann
    assert before.linked_user == ann


def test_linking_again_changes_nothing_but_adds_proof(profile: SimProfile, ann: User) -> None:
    profile.link_to_user(ann)
    since = profile.linked_at
    profile.link_to_user(ann, verified=True)
    assert (profile.linked_at, profile.is_verified) == (since, True)
    profile.link_to_user(ann)
    assert (profile.linked_at, profile.is_verified) == (since, True)


def test_strangers_and_closed_accounts_may_not(profile: SimProfile, ann: User) -> None:
    assert not profile.can_user_link(AnonymousUser())
    ann.is_active = False
    ann.save()
    assert not profile.can_user_link(ann)
    with pytest.raises(Refused, match="does not exist any more"):
        profile.link_to_user(ann)


def test_what_is_gone_cannot_be_linked(profile: SimProfile, ann: User) -> None:
    SimProfile.objects.filter(pk=profile.pk).delete()
    with pytest.raises(Refused, match="profile does not exist"):
        profile.link_to_user(ann)


def test_unlinking_clears_everything_a_link_brought(profile: SimProfile, ann: User) -> None:
    profile.link_to_user(ann, verified=True)
    profile.set_visibility(ann, public=False)
    assert profile.unlink_from_user()
    profile.refresh_from_db()
    assert (profile.linked_user, profile.linked_at, profile.is_verified, profile.is_public) == (None, None, False, True)
    assert not profile.unlink_from_user()


def test_an_old_page_cannot_unlink_the_next_owner(profile: SimProfile, ann: User, ben: User) -> None:
    profile.link_to_user(ann)
    stale = SimProfile.objects.get(pk=profile.pk)
    profile.unlink_from_user()
    profile.link_to_user(ben)
    assert not stale.unlink_from_user()
    assert SimProfile.objects.get(pk=profile.pk).linked_user == ben


@pytest.mark.parametrize("verified", [False, True])
def test_only_the_owner_of_a_verified_link_hides(profile: SimProfile, ann: User, ben: User, verified: bool) -> None:
    profile.link_to_user(ann, verified=verified)
    with pytest.raises(Refused, match="Verify your ownership first"):
        profile.set_visibility(ben, public=False)
    if verified:
        profile.set_visibility(ann, public=False)
    else:
        with pytest.raises(Refused, match="Verify your ownership first"):
            profile.set_visibility(ann, public=False)
    assert SimProfile.objects.get(pk=profile.pk).is_public is not verified


def test_each_act_is_one_conditional_update(
    profile: SimProfile, ann: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    acts: list[Callable[[], object]] = [
        lambda: profile.link_to_user(ann, verified=True),
        lambda: profile.set_visibility(ann, public=False),
        lambda: profile.unlink_from_user(),
    ]
    for act in acts:
        # The update, and what the row says then. Around the first and the last a savepoint and its release; at first
        # the account is held, its link looked for, and told by three statements; at last its code goes.
        with django_assert_num_queries([9, 2, 5][acts.index(act)]) as captured:
            act()
        updates = [query["sql"] for query in captured if query["sql"].startswith("UPDATE")]
        assert len(updates) == 1
        assert "linked_user_id" in updates[0].split("WHERE")[1]


def test_sets_change_by_one_statement(
    profile: SimProfile, ann: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    other = SimProfile.objects.create(simulator=profile.simulator, profile_name="B", profile_identifier="2")
    profile.link_to_user(ann)
    everybody = SimProfile.objects.all()
    # The rows are held, changed, their codes and reminders gone, between a savepoint and its release; the accounts are
    # told by three statements; their own claims are settled, those of others looked for.
    with django_assert_num_queries(11):
        assert proof.confirm(everybody, by=ann) == 1
    profile.set_visibility(ann, public=False)
    with django_assert_num_queries(1):
        assert linking.show(everybody, by=ann) == 1
    with django_assert_num_queries(8):
        assert proof.staff_unlink(everybody, by=ann) == 1
    other.refresh_from_db()
    assert other.is_verified is False


def together(*acts: Callable[[], object]) -> list[object]:
    """Runs the acts at the same moment, each on a connection of its own; what each gave or raised."""
    barrier = threading.Barrier(len(acts))
    outcomes: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait()
            outcomes[number] = act()
        except Exception as error:
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_rule_5_of_eight_who_claim_at_once_one_wins(profile: SimProfile) -> None:
    members = [User.objects.create_user(f"member{number}") for number in range(8)]

    def claim(member: User) -> Callable[[], object]:
        mine = SimProfile.objects.get(pk=profile.pk)
        return lambda: mine.link_to_user(member)

    for _ in range(5):
        outcomes = together(*(claim(member) for member in members))
        winners = [member for member, outcome in zip(members, outcomes, strict=True) if outcome is None]
        assert len(winners) == 1, outcomes
        assert {str(each) for each in outcomes if each is not None} == {linking.ALREADY_LINKED}
        profile.refresh_from_db()
        assert profile.linked_user == winners[0]
        profile.unlink_from_user()


@pytest.mark.django_db(transaction=True)
def test_a_link_and_the_end_of_the_account_leave_no_orphan(profile: SimProfile) -> None:
    for number in range(10):
        member = User.objects.create_user(f"leaver{number}")
        mine = SimProfile.objects.get(pk=profile.pk)
        linked, deleted = together(
            lambda mine=mine, member=member: mine.link_to_user(member),
            lambda member=member: User.objects.get(pk=member.pk).delete(),
        )
        assert linked is None or isinstance(linked, Refused), linked
        assert not isinstance(deleted, Exception), deleted
        profile.refresh_from_db()
        assert (profile.linked_user_id, profile.linked_at) == (None, None)
