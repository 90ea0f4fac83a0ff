"""A car in a session: every lap and sector of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Min, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from simlane.profiles import figures
from simlane.profiles.addresses import entry_slug, of_entry
from simlane.profiles.crew import crew_of, drivers_for, label
from simlane.profiles.views.missing import not_found
from simlane.profiles.views.reading import elsewhere, read_session
from simlane.sim.laps import order, pace
from simlane.sim.laps.gaps import behind_best
from simlane.sim.laps.pace import DrivenLap
from simlane.sim.models import Entry, Session

#: The marks of a time, as a timing screen has them.
SESSION_BEST, OWN_BEST = "session", "own"


@dataclass(frozen=True, slots=True)
class Time:
    """A time with its mark."""

    ms: int | None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class LapRow:
    """A lap as the page shows it: `takes_over` where another driver begins, `behind_ms` what the best lap is faster."""

    number: int
    driver: str
    takes_over: bool
    valid: bool
    time: Time
    behind_ms: int | None
    sectors: list[Time]
    pit: bool


@require_safe
def entry(request: HttpRequest, event_id: int, slug: str, number: int, line: int, words: str) -> HttpResponse:
    """The car in this line of the classification, from 1: every lap of it, and how fast and evenly it was driven."""
    session = read_session(request.user, event_id, number)
    found = _chosen(session, line, words, request.user) if session else None
    if session is None or found is None:
        return not_found(request, "")
    if answer := elsewhere(request, of_entry(session.event, session, found)):
        return answer
    crew = crew_of(session.event, found)
    columns = ("number", "seat", "time_ms", "valid", "sector1_ms", "sector2_ms", "sector3_ms", "pit")
    laps = [
        DrivenLap(lap, seat, time, valid, (first, second, third), pit)
        for lap, seat, time, valid, first, second, third, pit in found.lap_times.values_list(*columns)
    ]
    clean = pace.clean(laps, race=session.kind == Session.Kind.RACE)
    best = found.best_lap_ms or pace.best(laps)
    sectors = pace.best_sectors(laps)
    could = pace.theoretical_best(sectors, best)
    context = {
        "event": session.event,
        "session": session,
        "entry": found,
        "label": label(found),
        "crew": crew,
        "laps": _rows(laps, found, best, sectors, _bests(session)),
        "has_sectors": any(sectors),
        "best_ms": best,
        "typical_ms": pace.typical(clean),
        "consistency_ms": pace.consistency(clean),
        "clean": len(clean),
        "theoretical_ms": could,
        "to_gain_ms": behind_best(best, could),
    }
    return render(request, "profiles/entry.html", context)


def _chosen(session: Session, line: int, words: str, user: AbstractBaseUser | AnonymousUser) -> Entry | None:
    """The entry in the line; or, where a decision has moved it to another line since, the one of these words."""
    rows = session.entries.select_related("car").prefetch_related(Prefetch("drivers", drivers_for(user)))
    found = rows.filter(row=line - 1).first()
    if found is not None and entry_slug(found) == words:
        return found
    same = [each for each in rows if entry_slug(each) == words]
    return same[0] if len(same) == 1 else found


def _bests(session: Session) -> tuple[int | None, pace.Sectors]:
    """The best lap and the best sectors of the session."""
    best: int | None = session.entries.aggregate(best=Min("best_lap_ms"))["best"]
    return best, pace.fastest(laps.sectors for laps in figures.timed(session).values())


def _rows(
    laps: list[DrivenLap],
    car: Entry,
    best: int | None,
    sectors: pace.Sectors,
    of_session: tuple[int | None, pace.Sectors],
) -> list[LapRow]:
    names = {each.seat: each.public_name for each in car.drivers.all()}
    changes = set(order.driver_changes(laps))
    return [
        LapRow(
            number=lap.number,
            driver=names.get(lap.seat, ""),
            takes_over=lap.number in changes,
            valid=lap.valid,
            time=_marked(lap.time_ms, lap.valid, best, of_session[0]),
            behind_ms=behind_best(lap.time_ms, best),
            sectors=[_marked(lap.sectors_ms[n], lap.valid, sectors[n], of_session[1][n]) for n in range(3)],
            pit=bool(lap.pit),
        )
        for lap in laps
    ]


def _marked(ms: int | None, valid: bool, own: int | None, of_session: int | None) -> Time:
    """An invalid lap is the best of nothing."""
    if not (ms and valid):
        return Time(ms)
    return Time(ms, SESSION_BEST if ms == of_session else OWN_BEST if ms == own else "")
