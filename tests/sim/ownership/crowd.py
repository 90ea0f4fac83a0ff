"""Members and staff who do at random whatever can be done with profiles, for a test and the bench."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from django.db.models import F
from django.utils import timezone

from simlane.sim.errors import Refused
from simlane.sim.identity.identifiers import IdentifierKind
from simlane.sim.identity.names import fold
from simlane.sim.integrity import findings
from simlane.sim.models import Claim, HistoryEntry, Merge, OwnershipCode, ProfileName, SimProfile, Simulator
from simlane.sim.ownership import claims, codes, lapsing, merging, proof
from simlane.sim.ownership.history import How
from simlane.users.account_deletion import delete_account
from simlane.users.models import User

MEMBERS = 6
PLATFORM_IDS = [f"7656119800000000{number}" for number in range(4)]
STEAM = (IdentifierKind.STEAM, IdentifierKind.ACC)
_numbers = count()


def set_up() -> None:
    """A few profiles, so that everybody wants the same ones, of two simulators, with and without a platform id."""
    for slug in ("rfactor-2", "assetto-corsa-competizione"):
        simulator = Simulator.objects.get(slug=slug)
        for identifier in [*PLATFORM_IDS, "old-row-1", "old-row-2"]:
            profile = SimProfile.objects.create(
                simulator=simulator, profile_name=identifier, profile_identifier=identifier, name_key=identifier
            )
            ProfileName.objects.create(
                profile=profile, name=identifier, folded=fold(identifier), last_used_at=timezone.now()
            )
    User.objects.create_user("staff", is_staff=True)
    for _ in range(MEMBERS):
        join()


def join() -> User:
    """A new member; usernames are new in each process too."""
    return User.objects.create(username=f"member-{random.getrandbits(60)}-{next(_numbers)}", password="!")


class Somebody:
    """Acts at random; `acts` counts what was done, by name, and what was refused."""

    def __init__(self, seed: object) -> None:
        self._random = random.Random(seed)
        self.acts: dict[str, int] = {}

    def act(self) -> None:
        """One act. A refusal with a message is fine; anything else that goes wrong is raised."""
        possible: list[Callable[[], object]] = [
            self.link, self.link, self.link, self.prove, self.unlink, self.code, self.claim, self.decide, self.confirm,
            self.staff_unlink, self.hide, self.lapse, self.merge, self.undo, self.leave,
        ]  # fmt: skip
        chosen = self._random.choice(possible)
        try:
            chosen()
            outcome = chosen.__name__
        except (Refused, _NothingError):
            outcome = f"{chosen.__name__} refused"
        self.acts[outcome] = self.acts.get(outcome, 0) + 1

    def _profile(self) -> SimProfile:
        rows = list(SimProfile.objects.select_related("simulator").order_by("pk"))
        return self._random.choice(rows)

    def _linked(self) -> tuple[SimProfile, User]:
        rows = list(SimProfile.objects.filter(linked_user__isnull=False).select_related("linked_user", "simulator"))
        profile = self._one(rows)
        assert profile.linked_user
        return profile, profile.linked_user

    def _member(self) -> User:
        return self._one(list(User.objects.filter(is_staff=False)))

    def _staff(self) -> User:
        return User.objects.get(username="staff")

    def _one(self, rows: list[Any]) -> Any:
        if not rows:
            raise _NothingError
        return self._random.choice(rows)

    def link(self) -> None:
        self._profile().link_to_user(self._member())

    def prove(self) -> None:
        proof.prove(self._member(), STEAM, self._random.choice(PLATFORM_IDS), how=How.STEAM)

    def unlink(self) -> None:
        profile, _ = self._linked()
        profile.unlink_from_user()

    def code(self) -> None:
        profile, user = self._linked()
        code = codes.issue(profile, user)
        if self._random.random() < 0.7:
            codes.redeem([codes.Seen(profile.pk, frozenset({code.code}), session=1)])

    def claim(self) -> None:
        claims.submit(self._profile(), self._member(), "It is mine.")

    def decide(self) -> None:
        claim = self._one(list(Claim.objects.filter(state="open")))
        act = self._random.choice(("accept", "refuse", "withdraw"))
        if act == "withdraw":
            claims.withdraw(claim, claim.claimant)
        elif act == "accept":
            claims.accept(claim, by=self._staff())
        else:
            claims.refuse(claim, by=self._staff(), reason="No.")

    def confirm(self) -> None:
        proof.confirm(SimProfile.objects.filter(pk__in=[self._profile().pk for _ in range(2)]), by=self._staff())

    def staff_unlink(self) -> None:
        proof.staff_unlink(SimProfile.objects.filter(pk__in=[self._profile().pk for _ in range(2)]), by=self._staff())

    def hide(self) -> None:
        profile, user = self._linked()
        profile.set_visibility(user, public=self._random.random() < 0.4)

    def lapse(self) -> None:
        later = timezone.now() + timedelta(days=15)
        lapsing.remind(later)
        if self._random.random() < 0.5:
            lapsing.lapse(later + timedelta(days=5))

    def merge(self) -> None:
        merging.merge(self._profile().pk, self._profile().pk, by=self._staff())

    def undo(self) -> None:
        merging.undo(self._one(list(Merge.objects.filter(undone_at=None))), by=self._staff())

    def leave(self) -> None:
        delete_account(self._member())
        join()


class _NothingError(Exception):
    """There is nothing yet to act on."""


def broken() -> list[str]:
    """Every rule that some row breaks, and every history that does not begin where profiles begin."""
    found = [f"{finding.check}: {finding.first}" for finding in findings() if finding.count]
    first: dict[object, HistoryEntry] = {}
    for entry in HistoryEntry.objects.order_by("-pk"):
        first[entry.profile_id] = entry
    found += [
        f"the history of {entry.profile_id} does not begin with a profile of nobody"
        for entry in first.values()
        if (entry.was_account_id, entry.was_verified, entry.was_public) != (None, False, True)
    ]
    unsaid = SimProfile.objects.exclude(pk__in=first)
    if unsaid.exclude(linked_user=None, is_verified=False, is_public=True).exists():
        found.append("a changed profile without a history")
    if OwnershipCode.objects.filter(profile__is_verified=True, user=F("profile__linked_user")).exists():
        found.append("a code for a profile that is proved")
    return found
