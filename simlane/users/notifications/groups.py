"""The kinds of notifications, in the groups that a member chooses e-mails by."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from simlane.sim.ownership.events import Kind
from simlane.users.models import MailChoice


@dataclass(frozen=True, slots=True)
class Group:
    """Kinds with one choice; `by_default` is whether they are sent to a member who has chosen nothing."""

    name: str
    title: str
    sentence: str
    kinds: frozenset[Kind]
    by_default: bool = True
    staff_only: bool = False
    #: Whether all that is new comes in one mail a day, rather than each in one of its own.
    as_digest: bool = False


GROUPS = (
    Group(
        "ownership",
        "Whose profile it is",
        "A profile was verified as yours, or no longer is, was unlinked by the site's staff, went to somebody else, or "
        "was merged.",
        frozenset({Kind.VERIFIED, Kind.UNVERIFIED, Kind.UNLINKED, Kind.TAKEN_OVER, Kind.MERGED}),
    ),
    Group(
        "claims",
        "Claims and disputes",
        "Somebody else says that a profile of yours is theirs, or staff have decided about a claim.",
        frozenset({Kind.DISPUTED, Kind.DECIDED}),
    ),
    Group(
        "deadlines",
        "Links that end",
        "A link that nobody has proved is about to end, or has ended.",
        frozenset({Kind.REMINDER, Kind.LAPSED}),
    ),
    Group(
        "news",
        "Changes of the site",
        "Your profiles have moved to a new model. Rare, and only when you have something to decide.",
        frozenset({Kind.UPGRADED}),
    ),
    Group(
        "results",
        "Leagues and results",
        "Somebody says that a result of your league is wrong or reports an incident, what you said was answered, or "
        "the site's staff have stopped a league you run or opened it again.",
        frozenset({Kind.REPORTED, Kind.INCIDENT, Kind.REPORT_ANSWERED, Kind.LEAGUE_DECIDED, Kind.DETACHED}),
    ),
    Group(
        "names",
        "Names in leagues",
        "A league asks whether a name in its results is yours, or you organise one and somebody answered.",
        frozenset({Kind.NAME_ASKED, Kind.NAME_ANSWERED, Kind.NAME_TIED}),
    ),
    Group(
        "rulings",
        "Stewards' decisions",
        "The stewards of a league decided about a result of yours, or about another's so that yours is another now.",
        frozenset({Kind.RULED}),
    ),
    Group(
        "new_results",
        "New results of yours",
        "Results of a profile that is linked to your account are in. One e-mail a day, with all of them.",
        frozenset({Kind.RESULT}),
        as_digest=True,
    ),
    Group(
        "followed",
        "Drivers and leagues you follow",
        "New results of theirs are in. One e-mail a day, with all of them.",
        frozenset({Kind.FOLLOWED}),
        as_digest=True,
    ),
    # The person has just clicked and reads the answer on the page: a mail would tell them what they know.
    Group(
        "own",
        "What you do yourself",
        "You have linked a profile. The page tells you at once, so this is off unless you want a record.",
        frozenset({Kind.LINKED}),
        by_default=False,
    ),
    Group(
        "staff",
        "Work for the staff",
        "A claim waits for a decision, or an import refused result files.",
        frozenset({Kind.CLAIMED, Kind.IMPORT_REFUSED}),
        staff_only=True,
    ),
)
BY_NAME = {group.name: group for group in GROUPS}
_OF = {kind: group for group in GROUPS for kind in group.kinds}


def groups_for(*, staff: bool) -> list[Group]:
    """The groups that a member, or one of the staff, chooses from."""
    return [group for group in GROUPS if staff or not group.staff_only]


def group_of(kind: str) -> Group:
    """The group that a kind belongs to."""
    return _OF[Kind(kind)]


def choices(accounts: Collection[int]) -> dict[tuple[int, str], bool]:
    """The choices of these accounts, by account and group."""
    rows = MailChoice.objects.filter(user__in=accounts)
    return {(account, group): wanted for account, group, wanted in rows.values_list("user", "group", "wanted")}


def wants(chosen: dict[tuple[int, str], bool], account: int, kind: str) -> bool:
    """Whether the account wants e-mails of this kind, given what `choices` found."""
    group = group_of(kind)
    return chosen.get((account, group.name), group.by_default)


def choose(account: int, wanted: dict[str, bool]) -> None:
    """Keeps the account's choice for each of these groups."""
    MailChoice.objects.bulk_create(
        [MailChoice(user_id=account, group=name, wanted=value) for name, value in wanted.items()],
        update_conflicts=True,
        unique_fields=["user", "group"],
        update_fields=["wanted"],
    )
