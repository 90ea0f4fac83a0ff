"""All results of a driver, page by page: the races, or every session, by year, car, track and league."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Max, Min, Model, QuerySet
from django.http import HttpRequest, HttpResponse

from simlane.sim.models import Car, EntryDriver, League, Session, SimProfile, Track
from simlane.web import keyset
from simlane.web.listing import address, paged, show, wants_part

NEWEST = keyset.Order("raced_at", descending=True)
EVENT = ("entry__session__event__track", "entry__session__event__league")
#: What `results` may ask for: only races, or practice and qualifying, too.
RACES, ALL = "races", "all"
#: A filter's name, its field, the table it chooses from, and the path to it from a drive.
FILTERS: tuple[tuple[str, str, type[Model], str], ...] = (
    ("car", "Car", Car, "entry__car"),
    ("track", "Track", Track, "entry__session__event__track"),
    ("league", "League", League, "entry__session__event__league"),
)


@dataclass(frozen=True, slots=True)
class Filter:
    """A field of the list: its choices by their value, and the one that is chosen; empty for all."""

    name: str
    label: str
    choices: list[tuple[str, str]]
    chosen: str


def results(request: HttpRequest, profile: SimProfile) -> HttpResponse:
    """The races, or with `results=all` every session; raises BadRequest."""
    asked = request.GET["results"]
    if asked not in (RACES, ALL):
        raise BadRequest(f"There are no results “{asked[:20]}”: ask for “{RACES}” or “{ALL}”.")
    drives = EntryDriver.objects.filter(profile=profile)
    chosen = {name: _number(request, name) for name in ("year", *(name for name, *_ in FILTERS))}
    shown = _filtered(drives, chosen)
    if asked == RACES:
        shown = shown.filter(entry__session__kind=Session.Kind.RACE)
    page = paged(request, shown.select_related("entry__car", *EVENT), NEWEST)
    context: dict[str, Any] = {
        "profile": profile,
        "simulator": profile.simulator,
        "page": page,
        "asked": asked,
        "is_filtered": any(value is not None for value in chosen.values()),
        "kinds": [
            (kind, label, address(request, results=kind, after=None, before=None))
            for kind, label in ((RACES, "Races"), (ALL, "Practice and qualifying, too"))
        ],
    }
    if not wants_part(request):
        context["filters"] = _filters(drives, chosen)
    return show(request, "profiles/results.html", context)


def _number(request: HttpRequest, name: str) -> int | None:
    """What the parameter asks for; raises BadRequest for what is no number."""
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadRequest(f"“{text[:20]}” is no {name}. Choose one from the list.")
    return int(text)


def _filtered(drives: QuerySet[EntryDriver], chosen: dict[str, int | None]) -> QuerySet[EntryDriver]:
    for name, _, _, path in FILTERS:
        if (key := chosen[name]) is not None:
            drives = drives.filter(**{path: key})
    year = chosen["year"]
    if year is None:
        return drives
    if not 1 <= year <= 9998:
        raise BadRequest(f"“{year}” is no year. Choose one from the list.")
    return drives.filter(raced_at__year=year)


def _filters(drives: QuerySet[EntryDriver], chosen: dict[str, int | None]) -> list[Filter]:
    """What the driver's own results can be filtered by."""
    span = drives.aggregate(first=Min("raced_at"), last=Max("raced_at"))
    years = range(span["last"].year, span["first"].year - 1, -1) if span["last"] else ()
    found = [Filter("year", "Year", [(str(year), str(year)) for year in years], _text(chosen["year"]))]
    rows = list(drives.order_by().values_list(*(path for *_, path in FILTERS)).distinct())
    for place, (name, label, model, _) in enumerate(FILTERS):
        keys = {row[place] for row in rows} - {None}
        named = model._default_manager.in_bulk(keys) if keys else {}
        choices = sorted(((str(key), str(each)) for key, each in named.items()), key=lambda choice: choice[1])
        found.append(Filter(name, label, choices, _text(chosen[name])))
    return [each for each in found if len(each.choices) > 1 or each.chosen]


def _text(chosen: int | None) -> str:
    return "" if chosen is None else str(chosen)
