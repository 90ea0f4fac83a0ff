"""What stewards decided about an event's results, as its page says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet

from simlane.results.deciders import RULINGS
from simlane.results.models import Ruling, SessionFile, SessionVersion
from simlane.results.rulings.standing import Place
from simlane.results.rulings.wording import about, said
from simlane.sim.models import Event, Session


@dataclass(slots=True)
class Ruled:
    """A ruling with what came of it: `undone` and `made_final` are the rows that say so."""

    ruling: Ruling
    about: str
    said: str
    undone: Ruling | None = None
    made_final: Ruling | None = None
    #: Why it does not fit the results that stand; empty where it does.
    problem: str = ""
    entry: int | None = None

    @property
    def is_final(self) -> bool:
        return self.ruling.final or self.made_final is not None

    @property
    def applies(self) -> bool:
        return self.undone is None and not self.problem


@dataclass(slots=True)
class Rulings:
    """Those of the session that is shown, and those about results of the event that do not stand, by their names."""

    of_session: list[Ruled] = field(default_factory=list)
    elsewhere: list[tuple[str, Ruled]] = field(default_factory=list)
    may_rule: bool = False
    names_people: bool = False

    @property
    def applied(self) -> list[Ruled]:
        return [each for each in self.of_session if each.applies]

    @property
    def provisional(self) -> int:
        """How many of those that count may still change."""
        return sum(not each.is_final for each in self.applied)

    def of_entry(self, key: int) -> list[Ruled]:
        return [each for each in self.applied if each.entry == key]


def with_rulings(events: QuerySet[Event], user: AbstractBaseUser | AnonymousUser) -> QuerySet[Event]:
    """The events with `is_ruled`, whether there is any decision, and `may_rule`, whether this person decides there."""
    return events.annotate(
        is_ruled=Exists(Ruling.objects.filter(session__versions__file__event=OuterRef("pk"))),
        may_rule=Exists(RULINGS.events(user).filter(pk=OuterRef("pk"))),
    )


def rulings_of(event: Event, sessions: Sequence[Session], shown: Session | None, *, is_staff: bool) -> Rulings:
    """What stewards decided about an event `with_rulings`; who they are is for staff and for each other."""
    may = bool(getattr(event, "may_rule", False))
    found = Rulings(may_rule=may, names_people=may or is_staff)
    if not getattr(event, "is_ruled", False):
        return found
    of_event = SessionVersion.objects.filter(file__event=event)
    rows = Ruling.objects.filter(session__in=of_event.values("driven")).select_related("session", "outcome", "by")
    ruled = _ruled(rows.order_by("pk"))
    standing = {
        Place(file, number): session
        for session, file, number in SessionFile.objects.filter(session__in=sessions).values_list(
            "session", "file", "number"
        )
    }
    driven: dict[int, set[int]] = {}
    for key, file, number in of_event.values_list("driven", "file", "number"):
        if (place := Place(file, number)) in standing:
            driven.setdefault(key, set()).add(standing[place])
    for each in ruled:
        stands_in = driven.get(each.ruling.session_id, set())
        if shown is not None and shown.pk in stands_in:
            found.of_session.append(each)
        elif not stands_in:
            found.elsewhere.append((each.ruling.session.name, each))
    return found


def _ruled(rows: Iterable[Ruling]) -> list[Ruled]:
    """Each with what was said of it later; in the order they were given."""
    found: dict[int, Ruled] = {}
    for row in rows:
        if row.about_id is None:
            outcome = getattr(row, "outcome", None)
            found[row.pk] = Ruled(
                row,
                about(row),
                said(row),
                problem=outcome.problem if outcome else "",
                entry=outcome.entry_id if outcome else None,
            )
        elif row.about_id in found:
            setattr(found[row.about_id], "undone" if row.kind == Ruling.Kind.UNDONE else "made_final", row)
    return list(found.values())
