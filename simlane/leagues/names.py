"""Who a name without a platform's id is in a league: an organiser says so by an id of the entry list, or a member does.

What follows for the results is results.tying's. Nothing changes in an archived league.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from simlane.leagues.access import lock_open, people_with
from simlane.leagues.models import NameRequest, Role
from simlane.results import tying
from simlane.results.models import NameDecision
from simlane.results.storing import lock_for_person
from simlane.sim.errors import Refused
from simlane.sim.models import EntryDriver, League, LeagueDriver, SimProfile
from simlane.sim.ownership.events import Kind
from simlane.sim.ownership.locks import atomic_with_retry, lock_account
from simlane.users.models import User
from simlane.users.notifications.recording import tell

State = NameRequest.State
NO_MEMBER = "No member has the username “{username}”."
WAITS = "Somebody is asked already: take that back first, or wait for the answer."
DECLINED = "They have said that this name is not theirs."
OVER = "This question is over: it was answered, or taken back."
NOT_YOURS = "Choose a profile that is verified as yours, on the simulator of these results."


def of_league(league: League) -> QuerySet[LeagueDriver]:
    """The league's drivers by name."""
    return LeagueDriver.objects.filter(league=league).select_related("league", "simulator", "profile")


def listed(league: League) -> QuerySet[LeagueDriver]:
    """Those who have results that stand, or are tied."""
    has_drives = Exists(EntryDriver.objects.filter(league_driver=OuterRef("pk")))
    return of_league(league).filter(has_drives | Q(profile__isnull=False))


@atomic_with_retry
def tie(driver: LeagueDriver, typed: str, by: User) -> SimProfile:
    """Ties the name to the profile of an id of the entry list; its owner is told. Raises Refused."""
    _begin(driver)
    profile = tying.tie_to_identifier(driver, typed, by=by.pk)
    _end_requests(driver)
    _tell_owner(profile, driver, "tied", by)
    return profile


@atomic_with_retry
def untie(driver: LeagueDriver, by: User) -> None:
    """The name is nobody's again; whoever owns the profile is told. Raises Refused."""
    _begin(driver)
    _tell_owner(tying.untie(driver, by=by.pk), driver, "untied", by)


@atomic_with_retry
def part(driver: LeagueDriver, car_number: str, by: User) -> LeagueDriver:
    """Sets apart who drives that car number: another person of the name. Raises Refused."""
    _begin(driver)
    return tying.part(driver, car_number, by=by.pk)


@atomic_with_retry
def join(driver: LeagueDriver, by: User) -> LeagueDriver:
    """Takes somebody together again with all others of the name. Raises Refused."""
    _begin(driver)
    return tying.join(driver, by=by.pk)


@transaction.atomic
def ask(driver: LeagueDriver, username: str, by: User) -> NameRequest:
    """Asks a member whether the name is theirs. Raises Refused."""
    lock_open(driver.league)
    if not LeagueDriver.objects.filter(pk=driver.pk, profile=None).exists():
        raise Refused(tying.TIED_ALREADY.format(driver=driver))
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise Refused(NO_MEMBER.format(username=username))
    if NameRequest.objects.filter(driver=driver, user=user, state=State.DECLINED).exists():
        raise Refused(DECLINED)
    try:
        with transaction.atomic():
            made = NameRequest.objects.create(driver=driver, user=user, asked_by=by)
    except IntegrityError as error:
        raise Refused(WAITS) from error
    tell({user.pk}, Kind.NAME_ASKED, _about(driver))
    return made


@transaction.atomic
def take_back(driver: LeagueDriver) -> bool:
    """Takes back what a member was asked; whether anybody was still asked."""
    return bool(_end_requests(driver))


def asked(user: User, slug: str, driver: int) -> QuerySet[NameRequest]:
    """What the member is asked about that driver of that league, while it waits for an answer."""
    found = NameRequest.objects.filter(user=user, state=State.OPEN, driver=driver, driver__league__slug=slug)
    return found.select_related("driver__league", "driver__simulator")


def profiles_for(request: NameRequest) -> QuerySet[SimProfile]:
    """The profiles that the member may say are those of the name."""
    own = SimProfile.objects.filter(linked_user=request.user_id, is_verified=True)
    return own.filter(simulator=request.driver.simulator_id).select_related("simulator").order_by("profile_name", "pk")


@atomic_with_retry
def accept(request: NameRequest, profile: SimProfile) -> None:
    """The name is the member's: its results are their profile's. Raises Refused, and then nothing has changed."""
    lock_for_person()
    lock_account(request.user)
    lock_open(request.driver.league)
    if not profiles_for(request).filter(pk=profile.pk).exists():
        raise Refused(NOT_YOURS)
    _answer(request, State.ACCEPTED)
    tying.tie(request.driver, profile, by=request.user_id, what=NameDecision.What.ACCEPTED)
    _tell_organisers(request, "accepted")


@transaction.atomic
def decline(request: NameRequest) -> None:
    """The name is somebody else's. Raises Refused when the question is over."""
    _answer(request, State.DECLINED)
    _tell_organisers(request, "declined")


def _begin(driver: LeagueDriver) -> None:
    # The import's lock before the league's row, as an import takes them.
    lock_for_person()
    lock_open(driver.league)


def _answer(request: NameRequest, state: NameRequest.State) -> None:
    if not NameRequest.objects.filter(pk=request.pk, state=State.OPEN).update(state=state, answered_at=timezone.now()):
        raise Refused(OVER)


def _end_requests(driver: LeagueDriver) -> int:
    waiting = NameRequest.objects.filter(driver=driver, state=State.OPEN)
    return waiting.update(state=State.ENDED, answered_at=timezone.now())


def _about(driver: LeagueDriver) -> dict[str, str | int]:
    return {"name": str(driver), "league": driver.league.name, "slug": driver.league.slug, "driver": driver.pk}


def _tell_organisers(request: NameRequest, what: str) -> None:
    about = _about(request.driver) | {"what": what, "member": request.user.get_username()}
    tell(people_with(request.driver.league_id, Role.ORGANISER) - {request.user_id}, Kind.NAME_ANSWERED, about)


def _tell_owner(profile: SimProfile, driver: LeagueDriver, what: str, by: User) -> None:
    if profile.is_verified and profile.linked_user_id not in (None, by.pk):
        tell({profile.linked_user_id}, Kind.NAME_TIED, _about(driver) | {"what": what})
