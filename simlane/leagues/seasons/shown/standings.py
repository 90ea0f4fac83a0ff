"""A season's standings as they are shown: which lists there are, a list round by round with its chart, the records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import FilteredRelation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from simlane.leagues.models import Season, SeasonClass, Standing
from simlane.profiles import addresses
from simlane.sim.models import SimProfile
from simlane.sim.models.querysets import visible_to

Kind = Standing.Kind
#: So many of a list's first are in the chart: more lines cannot be told apart.
CHARTED = 8
#: So many who share a record are named.
NAMED = 3
RECORDS = (
    ("Most wins", "wins"),
    ("Most podiums", "podiums"),
    ("Most poles", "poles"),
    ("Most fastest laps", "fastest_laps"),
    ("Most points", "points"),
)
#: What is read of every line, to know the lists and the records; the rounds are read of the list that is shown.
_BRIEF = ("kind", "season_class", "name", *(field for _, field in RECORDS))


@dataclass(frozen=True, slots=True)
class ListKey:
    """A list of standings: drivers or teams, of a class or overall."""

    kind: str
    season_class: int | None

    @property
    def text(self) -> str:
        """As it stands in an address: `driver`, `team-3`."""
        return self.kind if self.season_class is None else f"{self.kind}-{self.season_class}"


@dataclass(frozen=True, slots=True)
class Overview:
    """The lists that a season has, in order, with their titles; and its drivers' records, those of each class."""

    lists: dict[str, tuple[ListKey, str]]
    records: list[tuple[str, list[tuple[str, str]]]]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list: `cells` are the table's, a cell for each round that was held."""

    standing: Standing
    url: str | None
    verified: bool
    team: str
    cells: SafeString

    @property
    def lost(self) -> int:
        """How many places the last round cost."""
        return -(self.standing.gained or 0)


@dataclass(frozen=True, slots=True)
class Column:
    """A round that was held: its number and name, and the address of its event."""

    number: int
    name: str
    url: str | None


@dataclass(frozen=True, slots=True)
class StandingsList:
    """A list round by round."""

    key: ListKey
    title: str
    columns: list[Column]
    lines: list[Line]

    @property
    def has_teams(self) -> bool:
        return any(line.team for line in self.lines)

    @property
    def has_dropped(self) -> bool:
        return any(each.get("dropped") for line in self.lines for each in line.standing.rounds)

    @property
    def leaders(self) -> list[Line]:
        """Who is in the chart."""
        return self.lines[:CHARTED]

    @property
    def chart(self) -> dict[str, Any]:
        """What the chart is drawn from: points after each round."""
        return {
            "rounds": [f"R{column.number}" for column in self.columns],
            "names": [column.name for column in self.columns],
            "lines": [
                {"name": line.standing.name, "totals": [float(each["total"]) for each in line.standing.rounds]}
                for line in self.leaders
            ],
        }


def overview(season: Season, classes: Iterable[SeasonClass]) -> Overview:
    """Which lists the season has and what its records are, in one statement."""
    names = {each.pk: each.name for each in classes}
    lines: dict[ListKey, list[dict[str, Any]]] = defaultdict(list)
    rows: Any = Standing.objects.filter(season=season).order_by("row").values(*_BRIEF)
    for row in rows:
        lines[ListKey(row["kind"], row["season_class"])].append(row)
    order = [None, *names]
    keys = sorted(
        (key for key in lines if key.season_class in order),
        key=lambda key: (key.kind != Kind.DRIVER, order.index(key.season_class)),
    )
    return Overview(
        lists={key.text: (key, _title(key, names)) for key in keys},
        records=[
            (names.get(key.season_class or 0, ""), [(label, _holders(lines[key], field)) for label, field in RECORDS])
            for key in keys
            if key.kind == Kind.DRIVER
        ],
    )


def _title(key: ListKey, names: Mapping[int, str]) -> str:
    what = str(Kind(key.kind).label)
    return what if key.season_class is None else f"{what}, {names[key.season_class]}"


def _holders(lines: Sequence[Mapping[str, Any]], field: str) -> str:
    """Who has most, and how much: “12, Alice and Bob”; a dash where nobody has any."""
    best = max((line[field] for line in lines), default=0)
    if best <= 0:
        return "–"
    names = [line["name"] for line in lines if line[field] == best]
    further = len(names) - NAMED
    return f"{best} – {', '.join(names[:NAMED])}{f' and {further} more' if further > 0 else ''}"


def read(
    season: Season, key: ListKey, title: str, rounds: Mapping[int, Column], user: AbstractBaseUser | AnonymousUser
) -> StandingsList:
    """A list as this person may see it, in one statement: a profile that they may not open is not even read."""
    visible = FilteredRelation("profile", condition=visible_to(user, "profile__"))
    rows: Any = Standing.objects.filter(season=season, kind=key.kind, season_class=key.season_class)
    found = list(rows.annotate(visible_profile=visible).select_related("visible_profile", "team").order_by("row"))
    held = found[0].rounds if found else []
    columns = [rounds.get(each["round"], Column(each["number"], f"Round {each['number']}", None)) for each in held]
    return StandingsList(key, title, columns, [_line(season, each) for each in found])


def _line(season: Season, standing: Any) -> Line:
    profile: SimProfile | None = getattr(standing, "visible_profile", None)
    if profile is not None:
        profile.simulator = season.simulator
    return Line(
        standing=standing,
        url=addresses.of_profile(profile) if profile else None,
        verified=bool(profile and profile.is_verified),
        team=standing.team.name if standing.kind == Kind.DRIVER and standing.team else "",
        # A table has a thousand cells and more: they are put together here, and most of them are alike.
        cells=format_html_join("", "{}", ((_cell(*_said(each)),) for each in standing.rounds)),
    )


def _said(held: Mapping[str, Any]) -> tuple[str | None, str, bool, bool]:
    """What a cell says: the points, what stewards gave, whether it fell away, whether it is a disqualification."""
    is_out = any(race["status"] == "dsq" for race in held["races"])
    return held["points"], held.get("given", ""), bool(held.get("dropped")), is_out


@lru_cache(maxsize=4096)
def _cell(points: str | None, given: str, is_dropped: bool, is_out: bool) -> SafeString:
    """A round's cell. What is struck through or short says so in words too, for who does not see it."""
    if points is None:
        text = format_html('<span aria-hidden="true">–</span><span class="sr-only">{}</span>', "did not start")
    else:
        text = format_html("{}", points)
    if is_out:
        text = format_html(
            '<abbr title="Disqualified">DSQ</abbr><span class="sr-only"> {} points</span>', points or "0"
        )
    if is_dropped:
        text = format_html('<s>{}</s><span class="sr-only"> dropped</span>', text)
    if given:
        signed = given.replace("-", "−") if given.startswith("-") else f"+{given}"
        text = format_html('{}<span class="given">{}<span class="sr-only"> by the stewards</span></span>', text, signed)
    return format_html('<td class="num round">{}</td>', text)
