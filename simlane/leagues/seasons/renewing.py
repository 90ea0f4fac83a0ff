"""A season's standings made anew, and written: the one place that writes them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from simlane.leagues.models import Season, Standing, StandingsDue, Team
from simlane.leagues.models.points import plain
from simlane.leagues.seasons import finding, reading
from simlane.leagues.seasons.adding_up import Line, RaceLine, RoundLine, standings
from simlane.leagues.seasons.reading import Said
from simlane.sim.ownership.locks import atomic_with_retry
from simlane.sim.shown import only

logger = logging.getLogger(__name__)
Kind = Standing.Kind


def renew_due(season: int) -> bool:
    """Makes the season's standings anew if they are due; whether they were."""
    if not StandingsDue.objects.filter(season=season).exists():
        return False
    renew(season)
    return True


def finish_due() -> None:
    """Does what jobs left undone: for the daily work."""
    for season in StandingsDue.objects.order_by("season").values_list("season", flat=True).distinct():
        try:
            renew(season)
        except Exception:
            # It stays due; the others need not wait for it.
            logger.exception("the standings of a season could not be made anew")


@atomic_with_retry
def renew(season: int) -> None:
    """Makes the season's standings anew. Two at once go one after the other, and the later one sees all."""
    locked = Season.objects.select_for_update(no_key=True).filter(pk=season).first()
    if locked is None:
        return
    # Before anything is read: what is noted afterwards may be of something that was not seen here.
    done = list(StandingsDue.objects.filter(season=season).values_list("pk", flat=True))
    finding.settle(locked)
    rows = made(locked)
    with only():
        Standing.objects.filter(season=season).delete()
        Standing.objects.bulk_create(rows)
        StandingsDue.objects.filter(pk__in=done).delete()


def made(season: Season) -> list[Standing]:
    """The season's standings as its results are now, not stored."""
    said = reading.read(season)
    teams = dict(Team.objects.filter(season=season).values_list("pk", "name"))
    names: dict[str | int, str] = {key: known.name.casefold() for key, known in said.drivers.items()}
    names |= {key: name.casefold() for key, name in teams.items()}
    of_drivers, of_teams = standings(said.rounds, said.planned, said.rules, said.entered.drivers.keys(), names)
    return [*_drivers(season, of_drivers, said), *_teams(season, of_teams, said, teams)]


def _drivers(season: Season, lines: list[Line], said: Said) -> Iterator[Standing]:
    for line in lines:
        known = said.drivers[str(line.who)]
        yield _row(
            *(season, Kind.DRIVER, line, said),
            name=known.name,
            number=known.number,
            profile_id=known.profile,
            team_id=known.team,
        )


def _teams(season: Season, lines: list[Line], said: Said, teams: dict[int, str]) -> Iterator[Standing]:
    for line in lines:
        key = int(line.who)
        yield _row(season, Kind.TEAM, line, said, name=teams[key], team_id=key)


def _row(season: Season, kind: Kind, line: Line, said: Said, **shown: Any) -> Standing:
    races = list(line.races())
    places = [each.result.place for each in races if each.counts and each.result.place is not None]
    return Standing(
        season=season,
        kind=kind,
        season_class_id=line.group,
        row=line.row,
        place=line.place,
        gained=line.gained,
        key=str(line.who),
        points=_points(line.total),
        points_driven=_points(line.driven),
        starts=len(races),
        wins=places.count(1),
        podiums=sum(place <= 3 for place in places),
        poles=sum(each.result.pole for each in races),
        fastest_laps=sum(each.result.fastest for each in races),
        rounds=[_round(each, held.key, held.number) for each, held in zip(line.rounds, said.rounds, strict=True)],
        **shown,
    )


def _points(number: int) -> Decimal:
    return plain(Decimal(number).scaleb(-4))


def _round(line: RoundLine, key: int, number: int) -> dict[str, Any]:
    """As Standing.rounds describes it."""
    found: dict[str, Any] = {
        "round": key,
        "number": number,
        "points": None if line.points is None else str(_points(line.points)),
        "total": str(_points(line.total)),
        "place": line.place,
        "races": [_race(each) for each in line.races if each.counts],
    }
    if line.given:
        found["given"] = str(_points(line.given))
    if line.dropped:
        found["dropped"] = True
    return found


def _race(line: RaceLine) -> dict[str, Any]:
    result = line.result
    found: dict[str, Any] = {
        "session": line.race.session,
        "place": result.place,
        "status": result.car.status,
        "points": str(_points(result.points)),
    }
    won = {"pole": result.pole, "fastest": result.fastest, "led": result.led, "most_led": result.most_led}
    return found | {name: True for name, has in won.items() if has}
