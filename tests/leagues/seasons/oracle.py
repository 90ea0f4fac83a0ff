"""Standings worked out once more, slowly and plainly, by fractions: shares no code with the site, see test_oracle.py.

A season is described by plain values, as a person would on paper:

- `season`: the fields of Season that are rules, by their names;
- `tables`: for each table its `places` (a list of texts), and its other fields;
- `classes`: names; `teams`: names; `entered`: driver to {"class", "team"} (names or None);
- `rounds`: each with `percent`, `may_drop`, `cancelled`, `qualifying` (a list of cars, or None), before which of its
  races that was (`qualifying_before`, an index), and `races`, each a list of `cars` with a `table` (an index, or None)
  and whether it is a `heat`.

A car has `position`, `status`, `laps`, `laps_led`, `best`, `grid`, `class`, `team`, `given` (points by stewards) and
`crew`: names with their laps.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

OUT = 10**6


def standings(said: dict[str, Any]) -> dict[tuple[str, str | None], list[tuple[Any, ...]]]:
    """For each list, by kind and class, its lines in order of place and name.

    A line is (name, place, points, all points, gained, what fell away by round).
    """
    held = [each for each in said["rounds"] if not each["cancelled"] and any(_counts(race) for race in each["races"])]
    planned = len([each for each in said["rounds"] if not each["cancelled"]])
    lists: dict[tuple[str, str | None], dict[str, list[dict[str, Any]]]] = {}
    for index, each in enumerate(held):
        for number, race in enumerate(each["races"]):
            if not _counts(race):
                continue
            for kind, group, name, share in _shares(said, each, race, number):
                lines = lists.setdefault((kind, group), {})
                empty = [{"points": None, "given": 0, "cars": [], "may_drop": every["may_drop"]} for every in held]
                line = lines.setdefault(name, empty)
                cell = line[index]
                cell["given"] += share["given"]
                if share["points"] is not None:
                    cell["points"] = (cell["points"] or Fraction(0)) + share["points"]
                cell["cars"] += share["cars"]
                if share["dsq"] and not said["season"]["drops_disqualified"]:
                    cell["may_drop"] = False
    found = {}
    for (kind, group), lines in lists.items():
        drops = said["season"]["drop_rounds" if kind == "driver" else "team_drop_rounds"]
        if not (now := _table_after(len(held), lines, drops, planned, said)):
            continue
        before = {}
        if len(held) > 1:
            before = {line[0]: line[1] for line in _table_after(len(held) - 1, lines, drops, planned, said)}
        found[kind, group] = sorted(
            (
                (name, place, points, whole, before[name] - place if name in before else None, dropped)
                for name, place, points, whole, dropped in now
            ),
            key=lambda line: (line[1], line[0]),
        )
    return found


def _counts(race: dict[str, Any]) -> bool:
    return race["table"] is not None


def _class(said: dict[str, Any], car: dict[str, Any]) -> str | None:
    for name, _ in car["crew"]:
        entered = said["entered"].get(name)
        if entered and entered["class"]:
            return str(entered["class"])
    return car["class"] if car["class"] in said["classes"] else None


def _team(said: dict[str, Any], car: dict[str, Any]) -> str | None:
    for name, _ in car["crew"]:
        entered = said["entered"].get(name)
        if entered and entered["team"]:
            return str(entered["team"])
    return car["team"] if car["team"] in said["teams"] else None


def _drove(car: dict[str, Any], laps: int | None) -> bool:
    if car["status"] == "dns":
        return False
    driven = laps if laps is not None else car["laps"]
    if driven is None:
        return True
    if driven == 0:
        return car["laps"] == 0 and car["status"] != "dsq" and len(car["crew"]) == 1
    return True


def _ahead(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (
        other["status"] in ("finished", "dnf") and other["position"] is not None and other["position"] < one["position"]
    )


def _shares(said: dict[str, Any], each: dict[str, Any], race: dict[str, Any], number: int) -> list[Any]:
    """Who gets what of a race: (kind, group, name, {points, cars: (race, place)})."""
    by_class = said["season"]["scope"] == "class"
    table = said["tables"][race["table"]]
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for car in race["cars"]:
        group = _class(said, car) if by_class else None
        if by_class and group is None:
            continue
        groups.setdefault(group, []).append(car)
    shares = []
    for group, cars in groups.items():
        worth = [_worth(said, each, race, table, group, cars, car) for car in cars]
        drivers: dict[str, list[Any]] = {}
        teams: dict[str, list[Any]] = {}
        for car, (points, place) in zip(cars, worth, strict=True):
            for name in _who_drove(car):
                drivers.setdefault(name, []).append((place or OUT, race["cars"].index(car), points, car))
            if (team := _team(said, car)) and car["status"] != "dns":
                teams.setdefault(team, []).append((points, place, car))
        heat = race["heat"]
        for name, lines in drivers.items():
            if said["season"]["listed_only"] and name not in said["entered"]:
                continue
            place, _, points, car = min(lines, key=lambda line: line[:2])
            mine = [(number, heat, place)] if place != OUT else []
            shares.append(
                ("driver", group, name, {"points": points, "given": 0, "cars": mine, "dsq": car["status"] == "dsq"})
            )
        for name, theirs in teams.items():
            theirs.sort(key=lambda line: (-line[0], line[1] or OUT))
            best = theirs[: said["season"]["team_cars"] or len(theirs)]
            shares.append(
                (
                    "team",
                    group,
                    name,
                    {
                        "points": sum((line[0] for line in best), Fraction(0)),
                        "given": 0,
                        "cars": [(number, heat, line[1]) for line in best if line[1]],
                        "dsq": any(line[2]["status"] == "dsq" for line in theirs),
                    },
                )
            )
        shares += _given(said, group, cars)
    return shares


def _who_drove(car: dict[str, Any]) -> list[str]:
    return [name for name, laps in car["crew"] if _drove(car, laps)]


def _given(said: dict[str, Any], group: str | None, cars: list[dict[str, Any]]) -> list[Any]:
    """What stewards gave the cars: for each who drove, or else the crew, and for the team."""
    shares = []
    for car in cars:
        who = [("driver", name) for name in _who_drove(car) or [name for name, _ in car["crew"]]]
        if said["season"]["listed_only"]:
            who = [each for each in who if each[1] in said["entered"]]
        if team := _team(said, car):
            who.append(("team", team))
        for kind, name in who:
            shares.append((kind, group, name, {"points": None, "given": car["given"], "cars": [], "dsq": False}))
    return shares


def _worth(
    said: dict[str, Any],
    each: dict[str, Any],
    race: dict[str, Any],
    table: dict[str, Any],
    group: str | None,
    cars: list[dict[str, Any]],
    car: dict[str, Any],
) -> tuple[Fraction, int | None]:
    """The points of a car and its place; nothing for one that did not start, was disqualified or drove too little."""
    nothing = (Fraction(0), None)
    if car["status"] in ("dns", "dsq") or car["position"] is None:
        return nothing
    of_class = [
        other
        for other in race["cars"]
        if other["status"] in ("finished", "dnf") and other["position"] and _class(said, other) == _class(said, car)
    ]
    winner = min(of_class, key=lambda other: other["position"])
    needed = Fraction(winner["laps"] or 0) * said["season"]["minimum_distance"] / 100
    if car["laps"] is not None and car["laps"] < needed:
        return nothing
    place = 1 + sum(_ahead(car, other) for other in cars)
    points = Fraction(table["places"][place - 1]) if place <= len(table["places"]) else Fraction(0)
    racing = [other for other in cars if other["status"] in ("finished", "dnf")]
    if _pole(said, each, race, group, cars) is car:
        points += Fraction(table["pole"])
    laps = [other["best"] for other in racing if other["best"]]
    if laps and car["best"] == min(laps):
        equal = [other for other in racing if other["best"] == car["best"]]
        is_first = all(
            other is car or other["position"] is None or car["position"] < other["position"] for other in equal
        )
        if is_first and (table["fastest_lap_top"] is None or place <= table["fastest_lap_top"]):
            points += Fraction(table["fastest_lap"])
    if car["laps_led"]:
        points += Fraction(table["lap_led"])
        if car["laps_led"] == max(other["laps_led"] or 0 for other in racing):
            points += Fraction(table["most_laps_led"])
    return points * each["percent"] / 100, place


def _pole(
    said: dict[str, Any], each: dict[str, Any], race: dict[str, Any], group: str | None, cars: list[dict[str, Any]]
) -> Any:
    placed = [car for car in each["qualifying"] or [] if car["position"] and car["status"] in ("finished", "dnf")]
    if placed and next(n for n, other in enumerate(each["races"]) if other is race) >= each["qualifying_before"]:
        ours = [car for car in placed if group is None or _class(said, car) == group]
        if not ours:
            return None
        names = {name for name, _ in min(ours, key=lambda car: car["position"])["crew"]}
        return next((car for car in cars if names & {name for name, _ in car["crew"]}), None)
    return min((car for car in cars if car["grid"]), key=lambda car: car["grid"], default=None)


def _table_after(
    held: int, lines: dict[str, list[dict[str, Any]]], drops: int, planned: int, said: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """The table after so many rounds: (name, place, points, all points, which rounds fell away)."""
    standing = []
    for name, cells in lines.items():
        now = cells[:held]
        if all(cell["points"] is None and not cell["given"] for cell in now):
            continue
        left = max(0, held - max(0, planned - drops))
        dropped: set[int] = set()
        while left:
            candidates = [n for n, cell in enumerate(now) if cell["may_drop"] and n not in dropped]
            if not candidates:
                break
            dropped.add(min(candidates, key=lambda n: (now[n]["points"] or 0, n)))
            left -= 1
        given = sum(cell["given"] for cell in now)
        points = given + sum((cell["points"] or 0 for n, cell in enumerate(now) if n not in dropped), Fraction(0))
        whole = given + sum((cell["points"] or 0 for cell in now), Fraction(0))
        # (round, race, place) of what is no heat.
        races = [(n, race, place) for n, cell in enumerate(now) for race, heat, place in cell["cars"] if not heat]
        standing.append((name, points, whole, races, [n in dropped for n in range(held)]))
    table = []
    for name, points, whole, races, dropped_rounds in standing:
        better = 0
        for other, their_points, _, their_races, _ in standing:
            if other == name:
                continue
            if their_points > points:
                better += 1
            elif their_points == points and said["season"]["tie_break"] == "countback":
                better += _wins_tie(their_races, races)
        table.append((name, 1 + better, points, whole, dropped_rounds))
    return table


def _wins_tie(theirs: list[Any], ours: list[Any]) -> bool:
    for place in range(1, 100):
        mine, yours = (sum(race[2] == place for race in races) for races in (ours, theirs))
        if mine != yours:
            return bool(yours > mine)
    for race in sorted({each[:2] for each in (*ours, *theirs)}, reverse=True):
        mine, yours = (min((each[2] for each in races if each[:2] == race), default=OUT) for races in (ours, theirs))
        if mine != yours:
            return bool(yours < mine)
    return False
