"""Everything that can be done with profiles, in any order and at the same time: the rules hold after each round."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from simlane.sim.errors import Refused
from simlane.sim.models import Claim, Merge, SimProfile
from simlane.sim.ownership import claims, codes, lapsing, merging, proof
from simlane.sim.ownership.history import How
from simlane.users.account_deletion import delete_account
from simlane.users.models import User
from tests.sim.ownership import crowd
from tests.soak import SOAK, times

CONNECTIONS = 8
ROUNDS = times(6, soak=60)
ACTS = 6


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer: the state machine below is its test"
)
def test_eight_connections_at_once_keep_every_rule() -> None:
    crowd.set_up()
    everybody = [crowd.Somebody(f"{number}") for number in range(CONNECTIONS)]
    for number in range(ROUNDS):
        problems: list[BaseException] = []

        def play(somebody: crowd.Somebody, problems: list[BaseException] = problems) -> None:
            try:
                for _ in range(ACTS):
                    somebody.act()
            except Exception as problem:
                problems.append(problem)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=play, args=(somebody,)) for somebody in everybody]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not problems, problems
        assert crowd.broken() == [], f"after round {number}"


class Ownership(RuleBasedStateMachine):
    """What each act leaves, by the table of who wins, beside a model of it that is a dictionary."""

    profiles = st.integers(0, 3)
    members = st.integers(0, 2)

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self) -> None:
        try:
            # What is broken stays so. The soak says after which act.
            assert crowd.broken() == []
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        crowd.set_up()
        self.rows = list(
            SimProfile.objects.filter(simulator__slug="rfactor-2", profile_identifier__in=crowd.PLATFORM_IDS)
        )
        self.users = [crowd.join() for _ in range(3)]
        self.staff = User.objects.get(username="staff")
        #: owner, verified, public
        self.model: list[tuple[User | None, bool, bool]] = [(None, False, True)] * 4
        self.merged: dict[int, int] = {}
        #: whose links ended without a proof: no click links the profile again for a while
        self.lapsed: set[tuple[int, User]] = set()

    def row(self, number: int) -> SimProfile:
        return SimProfile.objects.select_related("simulator").get(pk=self.rows[number].pk)

    @rule(number=profiles, who=members)
    def link(self, number: int, who: int) -> None:
        owner, _, _ = self.model[number]
        lapsed = owner is None and (number, self.users[who]) in self.lapsed
        allowed = number not in self.merged and owner in (None, self.users[who]) and not lapsed
        self.expect(allowed, lambda: self.row(number).link_to_user(self.users[who]))
        if allowed and owner is None:
            self.model[number] = (self.users[who], False, True)

    @rule(number=profiles)
    def unlink(self, number: int) -> None:
        ended = self.row(number).unlink_from_user()
        owner, verified, _ = self.model[number]
        assert ended == (owner is not None)
        if verified:
            self.lapsed.discard((number, owner))
        if ended:
            self.model[number] = (None, False, True)

    @rule(number=profiles, who=members)
    def prove(self, number: int, who: int) -> None:
        proof.prove(self.users[who], crowd.STEAM, self.rows[number].profile_identifier, how=How.STEAM)
        self.take(self.merged.get(number, number), who)

    @rule(number=profiles, who=members)
    def prove_by_code(self, number: int, who: int) -> None:
        # Of a merged profile both the code and the results are the kept one's.
        place = self.merged.get(number, number)
        owner, verified, _ = self.model[place]
        allowed = owner == self.users[who] and not verified

        def drive() -> None:
            code = codes.issue(self.row(number), self.users[who])
            codes.redeem([codes.Seen(self.rows[place].pk, frozenset({code.code}), session=1)])

        self.expect(allowed, drive)
        if allowed:
            self.take(place, who)

    @rule(number=profiles, who=members, accepted=st.booleans())
    def claim(self, number: int, who: int, accepted: bool) -> None:
        place = self.merged.get(number, number)
        owner, verified, _ = self.model[place]
        mine = owner == self.users[who] and verified
        self.expect(not mine, lambda: claims.submit(self.row(number), self.users[who], "Mine."))
        if mine:
            return
        claim = Claim.objects.get(state="open")
        if accepted:
            claims.accept(claim, by=self.staff)
            self.take(place, who)
        else:
            claims.refuse(claim, by=self.staff, reason="No.")

    @rule(number=profiles, who=members, public=st.booleans())
    def set_visibility(self, number: int, who: int, public: bool) -> None:
        owner, verified, _ = self.model[number]
        allowed = owner == self.users[who] and verified
        self.expect(allowed, lambda: self.row(number).set_visibility(self.users[who], public=public))
        if allowed:
            self.model[number] = (owner, True, public)

    @rule()
    def lapse(self) -> None:
        later = timezone.now() + timedelta(days=20)
        lapsing.remind(later)
        lapsing.lapse(later + timedelta(days=4))
        self.lapsed |= {(number, owner) for number, (owner, verified, _) in enumerate(self.model)
                        if owner and not verified}  # fmt: skip
        self.model = [(None, False, True) if owner and not verified else (owner, verified, public)
                      for owner, verified, public in self.model]  # fmt: skip

    @rule(who=members)
    def leave(self, who: int) -> None:
        gone = self.users[who]
        delete_account(User.objects.get(pk=gone.pk))
        self.users[who] = crowd.join()
        self.model = [(None, False, True) if owner == gone else (owner, verified, public)
                      for owner, verified, public in self.model]  # fmt: skip

    @precondition(lambda self: not self.merged)
    @rule(kept=profiles, merged=profiles)
    def merge(self, kept: int, merged: int) -> None:
        (owner, verified, public), (other, proved, shown) = self.model[kept], self.model[merged]
        allowed = kept != merged and (None in (owner, other) or owner == other)
        self.expect(allowed, lambda: merging.merge(self.rows[kept].pk, self.rows[merged].pk, by=self.staff))
        if allowed:
            self.merged[merged] = kept
            self.before = (self.model[kept], self.model[merged])
            if owner is None:
                self.model[kept] = self.model[merged]
            elif owner == other:
                self.model[kept] = (owner, verified or proved, public and shown)
            self.model[merged] = (None, False, False)

    @precondition(lambda self: self.merged)
    @rule()
    def undo(self) -> None:
        ((merged, kept),) = self.merged.items()
        merging.undo(Merge.objects.get(undone_at=None), by=self.staff)
        del self.merged[merged]
        # What the kept one is then depends on what was done meanwhile: tests/sim/test_merging.py.
        row = self.row(kept)
        self.model[kept] = (row.linked_user, row.is_verified, row.is_public)
        owner, verified, public = self.before[1]
        still = owner is not None and User.objects.filter(pk=owner.pk).exists()
        self.model[merged] = (owner, verified, public) if still else (None, False, True)

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        if not hasattr(self, "rows"):
            return
        for number, expected in enumerate(self.model):
            row = self.row(number)
            assert (row.linked_user, row.is_verified, row.is_public) == expected, number
        if SOAK:
            assert crowd.broken() == []

    def take(self, number: int, who: int) -> None:
        """The profile is this member's, verified; hidden by whoever, it stays so."""
        self.model[number] = (self.users[who], True, self.model[number][2])

    def expect(self, allowed: bool, act: object) -> None:
        if allowed:
            act()
            return
        with pytest.raises(Refused):
            act()


@pytest.mark.soak
@pytest.mark.django_db
def test_any_order_of_acts_leaves_what_the_table_says() -> None:
    run_state_machine_as_test(
        Ownership,
        settings=settings(
            max_examples=times(12, soak=100),
            stateful_step_count=times(15, soak=30),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
