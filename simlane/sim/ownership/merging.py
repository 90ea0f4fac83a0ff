"""Two profiles that are one driver become one, by proof or by a person's decision (rule 11), and it can be undone.

The merged row stays as an address: nobody's, private, pointing at the profile it became a part of. Its results,
names and link move; results that come in later under its identifier go to where it points.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.db.models import Max, Q
from django.dispatch import Signal
from django.utils import timezone

from simlane.sim import shown
from simlane.sim.career import statistics
from simlane.sim.errors import Refused
from simlane.sim.identity.identifiers import normalise_or_none
from simlane.sim.identity.names import fold, name_key
from simlane.sim.models import (
    Claim,
    EntryDriver,
    LinkReminder,
    Merge,
    OwnershipCode,
    ProfileName,
    SimProfile,
)
from simlane.sim.ownership.code_text import without_codes
from simlane.sim.ownership.events import Kind, OwnershipEvent, notify
from simlane.sim.ownership.history import Action, How, change
from simlane.sim.ownership.locks import atomic_with_retry, lock_accounts, lock_profiles

TWO_OWNERS = "These profiles are linked to two accounts: first settle whose each of them is."
ELSEWHERE = "Only two profiles of one simulator can be merged."
ITSELF = "Choose two profiles, not one."
MERGED_ALREADY = "One of these profiles is merged already: look at what it was merged into."
CHANGED = "The profiles have just changed: look at them again, then decide."
ONE_CLAIM = "Both profiles have become one: your other claim speaks for this one too."
UNDONE = "This merge has been undone already."
_NAME = ("name", "last_used_at", "from_results")
LATER_FIRST = "The profile was merged again later: undo that merge first."

#: Sent with `profiles`, the keys of two of which one has drives of the other from now on, in that transaction.
drives_moved = Signal()


def has_platform_id(profile: SimProfile) -> bool:
    """Whether its identifier is the platform's own, not a fallback made of an old row's name."""
    return normalise_or_none(profile.simulator.identifier_kind, profile.profile_identifier) is not None


def merge_unidentified(user: AbstractBaseUser, proved: SimProfile) -> list[Merge]:
    """Merges this account's own profiles without a platform id into the one that it has just proved.

    Only those that are certainly its own: verified, or contested over the very id that is proved now. Everything
    the account has on the simulator must be locked.
    """
    if not has_platform_id(proved):
        return []
    own = SimProfile.objects.filter(linked_user=user.pk, simulator=proved.simulator_id).exclude(pk=proved.pk)
    certain = Q(is_verified=True) | Q(contested__identifier=proved.profile_identifier)
    rows = [each for each in own.filter(certain).select_related("simulator") if not has_platform_id(each)]
    return [_merge(proved, each, How.MERGE, user.pk) for each in rows]


@atomic_with_retry
def merge(kept: UUID, merged: UUID, *, by: AbstractBaseUser) -> Merge:
    """Merge two profiles by a decision of the staff; raises Refused, with the reason, when they cannot be merged."""
    if kept == merged:
        raise Refused(ITSELF)
    both = SimProfile.objects.filter(pk__in=[kept, merged])
    there = lock_accounts(both.filter(linked_user__isnull=False).values_list("linked_user", flat=True))
    found = {row.pk: row for row in lock_profiles(both)}
    if len(found) < 2 or any(row.merged_into_id for row in found.values()):
        raise Refused(MERGED_ALREADY)
    if found[kept].simulator_id != found[merged].simulator_id:
        raise Refused(ELSEWHERE)
    now = {row.linked_user_id for row in found.values()} - {None}
    if len(now) > 1:
        raise Refused(TWO_OWNERS)
    if not now <= there:
        raise Refused(CHANGED)
    return _merge(found[kept], found[merged], How.STAFF, by.pk)


@atomic_with_retry
def undo(merge: Merge, *, by: AbstractBaseUser) -> None:
    """Undo a merge: each profile has again its link, names and claims, and the results of its own identifier.

    Raises Refused, with the reason, when it cannot be undone.
    """
    before = merge.before["merged"]
    has_account = bool(lock_accounts([before["account"] or 0]))
    rows = {row.pk: row for row in lock_profiles(SimProfile.objects.filter(pk__in=[merge.kept_id, merge.merged_id]))}
    kept, merged = rows[merge.kept_id], rows[merge.merged_id]
    if not Merge.objects.filter(pk=merge.pk, undone_at=None).update(undone_at=timezone.now(), undone_by=by.pk):
        raise Refused(UNDONE)
    # A later merge noted the names that came with this one as the kept profile's own.
    later = Merge.objects.filter(kept=kept, undone_at=None, pk__gt=merge.pk)
    if kept.merged_into_id is not None or later.exists():
        raise Refused(LATER_FIRST)
    EntryDriver.objects.filter(pk__in=merge.drives.values("drive")).update(profile=merged)
    _give_back_link(merge, kept, merged, has_account=has_account, actor=by.pk)
    below = Merge.objects.filter(kept=merged, undone_at=None).values("merged")
    SimProfile.objects.filter(pk__in=below).update(
        merged_into=merged, last_change=change(How.STAFF, by.pk, action=Action.MERGE, into=str(merged.pk))
    )
    _separate_names(merge, kept, merged)
    _give_back_claims(merge, merged)
    statistics.recount([kept.pk, merged.pk])
    shown.everything()
    drives_moved.send(sender=None, profiles={kept.pk, merged.pk})
    owners = {kept.linked_user_id, before["account"] if has_account else None}
    notify(
        OwnershipEvent(Kind.MERGED, account, kept, {"merged_name": merged.profile_name, "undone": True})
        for account in owners
        if account is not None
    )


def aliases(merged: Iterable[UUID]) -> dict[UUID, tuple[UUID, list[int]]]:
    """For each of these merged profiles, the profile it is a part of now, and the merges that led there, in order."""
    steps: dict[UUID, tuple[UUID, int]] = {}
    merged = set(merged)
    asked = merged
    while asked:
        found = {
            profile: (kept, key)
            for profile, kept, key in Merge.objects.filter(undone_at=None, merged__in=asked).values_list(
                "merged", "kept", "pk"
            )
        }
        steps.update(found)
        asked = {kept for kept, _ in found.values()}
    places = {}
    for profile in merged:
        place, merges = profile, []
        while place in steps:
            place, key = steps[place]
            merges.append(key)
        places[profile] = (place, merges)
    return places


def _link(profile: SimProfile) -> dict[str, Any]:
    return {
        "account": profile.linked_user_id,
        "linked_at": profile.linked_at.isoformat() if profile.linked_at else None,
        "verified": profile.is_verified,
        "public": profile.is_public,
    }


def _merge(kept: SimProfile, merged: SimProfile, how: How, actor: int) -> Merge:
    """Both must be locked."""
    names = list(kept.names.values_list(*_NAME))
    before = {
        "kept": _link(kept),
        "merged": _link(merged),
        "names": [[name, used.isoformat(), from_results] for name, used, from_results in names],
    }
    done = Merge.objects.create(kept=kept, merged=merged, how=how, by_id=actor, before=before)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sim_mergeddrive (merge_id, drive_id) SELECT %s, id FROM sim_entrydriver WHERE profile_id = %s",
            [done.pk, SimProfile._meta.pk.get_db_prep_value(merged.pk, connection)],
        )
    EntryDriver.objects.filter(profile=merged).update(profile=kept)
    _add_names(kept, merged.names.values_list(*_NAME))
    SimProfile.objects.filter(pk=merged.pk).update(
        linked_user=None,
        linked_at=None,
        is_verified=False,
        is_public=False,
        merged_into=kept,
        last_change=change(how, actor, into=str(kept.pk)),
    )
    # Profiles merged into it before are now parts of the kept one.
    SimProfile.objects.filter(merged_into=merged).update(
        merged_into=kept, last_change=change(how, actor, action=Action.MERGE, into=str(kept.pk))
    )
    _take_link(kept, merged, change(how, actor, action=Action.MERGE, merged=str(merged.pk)))
    done.before = before | {"left": _link(kept)} | _move_claims(kept, merged)
    done.save(update_fields=["before"])
    statistics.recount([kept.pk, merged.pk])
    shown.everything()
    drives_moved.send(sender=None, profiles={kept.pk, merged.pk})
    if kept.linked_user_id is not None:
        notify([OwnershipEvent(Kind.MERGED, kept.linked_user_id, kept, {"merged_name": merged.profile_name})])
    return done


def _take_link(kept: SimProfile, merged: SimProfile, explanation: dict[str, Any]) -> None:
    """A link of the merged profile is the kept one's, when that has none; of one account the better of both."""
    if kept.linked_user_id is None and merged.linked_user_id is not None:
        kept.linked_user_id, kept.linked_at = merged.linked_user_id, merged.linked_at
        kept.is_verified, kept.is_public = merged.is_verified, merged.is_public
    elif kept.linked_user_id is not None and kept.linked_user_id == merged.linked_user_id:
        # A profile that its owner hid stays hidden.
        kept.is_public = kept.is_public and merged.is_public
        kept.is_verified = kept.is_verified or merged.is_verified
    SimProfile.objects.filter(pk=kept.pk).update(
        linked_user=kept.linked_user_id,
        linked_at=kept.linked_at,
        is_verified=kept.is_verified,
        is_public=kept.is_public,
        last_change=explanation,
    )


def _give_back_link(merge: Merge, kept: SimProfile, merged: SimProfile, *, has_account: bool, actor: int) -> None:
    was, kept_was = merge.before["merged"], merge.before["kept"]
    account = was["account"] if has_account else None
    SimProfile.objects.filter(pk=merged.pk).update(
        merged_into=None,
        linked_user=account,
        linked_at=was["linked_at"] if account else None,
        is_verified=bool(account) and was["verified"],
        is_public=not account or was["public"],
        last_change=change(How.STAFF, actor, action=Action.UNMERGE, of=str(kept.pk)),
    )
    # A link of the kept profile that has changed since the merge stays as it is.
    now = kept_was if _link(kept) == merge.before["left"] else _link(kept)
    SimProfile.objects.filter(pk=kept.pk).update(
        linked_user=now["account"],
        linked_at=now["linked_at"],
        is_verified=now["verified"],
        is_public=now["public"],
        last_change=change(How.STAFF, actor, action=Action.UNMERGE, merged=str(merged.pk)),
    )


def _add_names(profile: SimProfile, names: Iterable[tuple[str, datetime, bool]]) -> None:
    """Names it raced under; of one that it has already the later use counts, and that it is not from results only."""
    there = {name: (used, only) for name, used, only in profile.names.values_list(*_NAME)}
    rows = {name: (used, only) for name, used, only in names}
    ProfileName.objects.bulk_create(
        [
            ProfileName(
                profile=profile,
                name=name,
                folded=fold(name),
                last_used_at=max(at, there.get(name, (at,))[0]),
                from_results=only and there.get(name, (at, True))[1],
            )
            for name, (at, only) in rows.items()
        ],
        update_conflicts=True,
        unique_fields=["profile", "name"],
        update_fields=["last_used_at", "from_results"],
    )


def _separate_names(merge: Merge, kept: SimProfile, merged: SimProfile) -> None:
    """Each has again the names it had, and those of its own drives since."""
    drives = EntryDriver.objects.filter(profile__in=[kept, merged]).values_list("profile", "name")
    driven: dict[UUID, dict[str, datetime]] = {kept.pk: {}, merged.pk: {}}
    for profile, name, at in drives.annotate(last=Max("raced_at")):
        if not (plain := without_codes(name)):
            continue
        driven[profile][plain] = max(at, driven[profile].get(plain, at))
    # Merges of an older release did not note which names are from results only.
    had = {name: (datetime.fromisoformat(used), only == [True]) for name, used, *only in merge.before["names"]}
    kept.names.exclude(name__in={*had, *driven[kept.pk]}).delete()
    kept.names.filter(name__in=had).delete()
    _add_names(kept, [(name, *rest) for name, rest in had.items()])
    for profile in (kept, merged):
        _add_names(profile, [(name, at, True) for name, at in driven[profile.pk].items()])
    for profile in (kept, merged):
        _show_name(profile)


def _show_name(profile: SimProfile) -> None:
    """Its name is one that is still its own, and none that it used since another."""
    used = dict(profile.names.values_list("name", "last_used_at"))
    if used and used.get(profile.profile_name) != max(used.values()):
        name = min(used, key=lambda each: (not each, -used[each].timestamp(), each))
        SimProfile.objects.filter(pk=profile.pk).update(profile_name=name, name_key=name_key(name))
        profile.profile_name = name


def _move_claims(kept: SimProfile, merged: SimProfile) -> dict[str, list[int]]:
    """The staff's queue goes on with the kept one; which claims moved, and which were there twice."""
    waiting = Claim.objects.filter(profile=merged, state=Claim.State.OPEN)
    of_both = Claim.objects.filter(profile=kept, state=Claim.State.OPEN).values("claimant")
    double = list(waiting.filter(claimant__in=of_both).values_list("pk", flat=True))
    Claim.objects.filter(pk__in=double).update(state=Claim.State.WITHDRAWN, decided_at=timezone.now(), reason=ONE_CLAIM)
    moved = list(waiting.values_list("pk", flat=True))
    waiting.update(profile=kept, disputed=kept.is_verified)
    done = [merged.pk, kept.pk] if kept.is_verified else [merged.pk]
    OwnershipCode.objects.filter(profile__in=done).delete()
    LinkReminder.objects.filter(profile__in=done).delete()
    return {"claims": moved, "double_claims": double}


def _give_back_claims(merge: Merge, merged: SimProfile) -> None:
    """Those that nobody has decided since; one that was there twice is there twice again."""
    before = merge.before
    account = before["merged"]["account"] if before["merged"]["verified"] else None
    Claim.objects.filter(pk__in=before.get("claims", []), state=Claim.State.OPEN).update(
        profile=merged, disputed=account is not None
    )
    Claim.objects.filter(pk__in=before.get("double_claims", []), state=Claim.State.WITHDRAWN, reason=ONE_CLAIM).update(
        state=Claim.State.OPEN, decided_at=None, reason=""
    )
