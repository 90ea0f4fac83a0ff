"""Whose the results of a name in a league are: tied to a profile, set apart by a car number, and undone.

Each is one transaction under the import's lock, and changes what is in by sets; an import does the same to what comes
in (results.named). In the end all is as if the files had come in under what is decided now.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from simlane.results.bounds import count_new
from simlane.results.following import Touched, follow
from simlane.results.models import Detachment, NameDecision
from simlane.results.storing import lock_for_person
from simlane.sim.career import changes
from simlane.sim.errors import Refused
from simlane.sim.identity.identifiers import InvalidIdentifierError, normalise
from simlane.sim.models import EntryDriver, Event, LeagueDriver, MergedDrive, SimProfile
from simlane.sim.ownership.code_text import without_codes
from simlane.sim.ownership.locks import atomic_with_retry, lock_profiles
from simlane.sim.ownership.merging import aliases

TIED_ALREADY = "“{driver}” has just been tied by somebody else, or was tied already: undo that first."
NOT_TIED = "“{driver}” is tied to no profile any more."
ELSEWHERE = "That profile is of another simulator than these results."
NOT_APART = "“{driver}” is not there any more."
NO_SUCH_NUMBER = "“{driver}” drove no car with the number {number} here, or it is set apart already."

What = NameDecision.What


@atomic_with_retry
def tie(driver: LeagueDriver, profile: SimProfile, *, by: int, what: NameDecision.What) -> None:
    """All results of the name are the profile's. Raises Refused when it is tied already."""
    lock_for_person()
    held = lock_profiles(SimProfile.objects.filter(pk=profile.pk, merged_into=None))
    if not held or held[0].simulator_id != driver.simulator_id:
        raise Refused(ELSEWHERE)
    free = LeagueDriver.objects.filter(pk=driver.pk, profile=None)
    if not free.update(profile=profile, tied_at=timezone.now(), tied_by=by):
        raise Refused(TIED_ALREADY.format(driver=driver))
    NameDecision.objects.create(driver=driver, what=what, by_id=by, identifier=profile.profile_identifier)
    drives = EntryDriver.objects.filter(league_driver=driver)
    _note(drives)
    follow(_give(drives, held[0]), [])


@atomic_with_retry
def tie_to_identifier(driver: LeagueDriver, typed: str, *, by: int) -> SimProfile:
    """Ties it to the profile of a platform's id, which is made where there is none; returns the profile.

    Raises Refused when it is no such id, when the name is tied already, and for one new profile of a league too many.
    """
    try:
        identifier = normalise(driver.simulator.identifier_kind, typed)
    except InvalidIdentifierError as error:
        raise Refused(f"That cannot be: {error}.") from error
    lock_for_person()
    profile, is_new = SimProfile.objects.select_related("merged_into").get_or_create(
        simulator=driver.simulator, profile_identifier=identifier
    )
    if is_new and not driver.league.trusted:
        count_new(driver.league_id, 1)
    profile = profile.merged_into or profile
    tie(driver, profile, by=by, what=What.TIED)
    return profile


@atomic_with_retry
def untie(driver: LeagueDriver, *, by: int) -> SimProfile:
    """The results of the name are nobody's again; returns whose they were. Raises Refused when it is not tied."""
    lock_for_person()
    held = LeagueDriver.objects.select_for_update(of=("self",), no_key=True).select_related("profile")
    tied = held.filter(pk=driver.pk, profile__isnull=False).first()
    if tied is None or tied.profile is None:
        raise Refused(NOT_TIED.format(driver=driver))
    drives = EntryDriver.objects.filter(league_driver=driver)
    _note(drives)
    touched = _lock_drivers(drives, [tied.profile_id])
    LeagueDriver.objects.filter(pk=driver.pk).update(profile=None, tied_at=None, tied_by=None)
    NameDecision.objects.create(driver=driver, what=What.UNTIED, by_id=by, identifier=tied.profile.profile_identifier)
    _take(drives)
    follow(touched, [])
    return tied.profile


@atomic_with_retry
def part(driver: LeagueDriver, car_number: str, *, by: int) -> LeagueDriver:
    """Sets apart who drives this car number: another person of that name. Raises Refused when nobody does."""
    lock_for_person()
    drives = EntryDriver.objects.filter(league_driver=driver, entry__car_number=car_number)
    if not car_number or driver.car_number or not drives.exists():
        raise Refused(NO_SUCH_NUMBER.format(driver=driver, number=car_number))
    made, _ = LeagueDriver.objects.get_or_create(
        league=driver.league,
        simulator=driver.simulator,
        folded=driver.folded,
        car_number=car_number,
        defaults={"name": driver.name},
    )
    NameDecision.objects.create(driver=driver, what=What.PARTED, by_id=by, car_number=car_number)
    _move(drives, made)
    return made


@atomic_with_retry
def join(driver: LeagueDriver, *, by: int) -> LeagueDriver:
    """Who was set apart by a car number is one with all others of the name; returns that one. Raises Refused."""
    lock_for_person()
    general, _ = LeagueDriver.objects.get_or_create(
        league=driver.league,
        simulator=driver.simulator,
        folded=driver.folded,
        car_number="",
        defaults={"name": driver.name},
    )
    if not driver.car_number or not LeagueDriver.objects.filter(pk=driver.pk).exists():
        raise Refused(NOT_APART.format(driver=driver))
    NameDecision.objects.create(driver=general, what=What.JOINED, by_id=by, car_number=driver.car_number)
    touched = _lock_drivers(EntryDriver.objects.filter(league_driver=driver), [driver.profile_id])
    LeagueDriver.objects.filter(pk=driver.pk).update(profile=None, tied_at=None, tied_by=None)
    _move(EntryDriver.objects.filter(league_driver=driver), general, touched)
    LeagueDriver.objects.filter(pk=driver.pk).delete()
    return general


def leave_league(event: Event) -> None:
    """The names in the event are nobody's: it is of no league any more. Call it under the import's lock."""
    drives = EntryDriver.objects.filter(entry__session__event=event, league_driver__isnull=False)
    touched = _lock_drivers(drives, [])
    _take(drives)
    drives.update(league_driver=None)
    follow(touched, [])


def _move(drives: QuerySet[EntryDriver], to: LeagueDriver, touched: Touched | None = None) -> None:
    """These drives are the other driver's, and whoever's that one's are."""
    _note(drives)
    touched = touched if touched is not None else _lock_drivers(drives, [])
    keys = list(drives.values_list("pk", flat=True))
    _take(drives)
    moved = EntryDriver.objects.filter(pk__in=keys)
    moved.update(league_driver=to)
    tied = LeagueDriver.objects.select_related("profile").get(pk=to.pk).profile
    if tied is not None:
        for profile, names in _give(moved, tied).items():
            touched.setdefault(profile, set()).update(names)
    follow(touched, [])


def _give(drives: QuerySet[EntryDriver], tied: SimProfile) -> Touched:
    """Those of the drives that are not somebody else's by decision are the profile's; by which names.

    Of a merged profile they are the one's that it is a part of, until the merge is undone.
    """
    profile, merges = aliases([tied.pk])[tied.pk]
    lock_profiles(SimProfile.objects.filter(pk__in={profile, tied.pk}))
    decided = Detachment.objects.filter(
        Q(number=None) | Q(number=OuterRef("entry__session__number")),
        event=OuterRef("entry__session__event"),
        profile__in={profile, tied.pk},
        undone_at=None,
    )
    keys = list(drives.filter(~Exists(decided)).values_list("pk", flat=True))
    given = EntryDriver.objects.filter(pk__in=keys)
    names = {without_codes(name) for name in given.order_by().values_list("name", flat=True).distinct()}
    given.update(profile=profile)
    MergedDrive.objects.bulk_create(MergedDrive(merge_id=merge, drive_id=key) for merge in merges for key in keys)
    return {profile: names}


def _note(drives: QuerySet[EntryDriver]) -> None:
    """What follows from the results of these drives follows anew."""
    changes.note(Event.objects.filter(pk__in=drives.order_by().values("entry__session__event")))


def _take(drives: QuerySet[EntryDriver]) -> None:
    """These drives are nobody's, and no undone merge gives them back."""
    MergedDrive.objects.filter(drive__in=drives).delete()
    drives.update(profile=None)


def _lock_drivers(drives: QuerySet[EntryDriver], others: list[UUID | None]) -> Touched:
    """Whose the drives are, locked, with the names they drove by in them; and the others."""
    rows = drives.filter(profile__isnull=False).order_by()
    touched: Touched = {key: set() for key in others if key is not None}
    lock_profiles(SimProfile.objects.filter(pk__in=touched))
    # A merge that has just moved drives moved them to a profile that is not locked yet.
    while missing := set(rows.values_list("profile", flat=True)) - touched.keys():
        touched |= {key: set() for key in missing}
        lock_profiles(SimProfile.objects.filter(pk__in=missing))
    for profile, name in rows.values_list("profile", "name").distinct():
        touched[profile].add(without_codes(name))
    return touched
