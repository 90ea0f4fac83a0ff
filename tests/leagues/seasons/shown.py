"""A season as its pages show it: rounds that were raced, are to come or fell away, and standings as they are stored."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from simlane.leagues.models import Round, Season, SeasonClass, SeasonEntry, Standing, Team
from simlane.sim.identity.names import fold
from simlane.sim.models import Event, SimProfile, Track

GIVEN = (25, 18, 15, 12, 10, 8, 6, 4, 2, 1)
NAMES = ("Marta Veldhuizen", "Ingrid Sørensen-Halvorsen", "Tomás Ó Súilleabháin", "Alessandro Bianchi", "Yuki Tanaka")


def fill(season: Season, *, rounds: int = 4, drivers: int = 6, classes: int = 1, to_come: int = 1) -> None:
    """Gives the season rounds, of which the second is cancelled and the last are to come, drivers, and standings."""
    held = [each for each in _rounds(season, rounds, to_come) if each.event_id]
    by_class: list[SeasonClass | None] = [None]
    if classes > 1:
        Season.objects.filter(pk=season.pk).update(scope=Season.Scope.CLASS)
        by_class = [
            SeasonClass.objects.create(season=season, name=f"GT{number + 2}", number=number)
            for number in range(1, classes + 1)
        ]
    teams = [
        Team.objects.create(season=season, name=name, folded=fold(name))
        for name in (f"Team {each} Endurance Racing" for each in range(1, drivers // 4 + 1))
    ]
    profiles = SimProfile.objects.bulk_create(
        SimProfile(
            simulator=season.simulator,
            profile_identifier=str(76561190000000100 + number),
            profile_name=f"{NAMES[number % len(NAMES)]} {number}",
        )
        for number in range(drivers)
    )
    SeasonEntry.objects.bulk_create(
        SeasonEntry(
            season=season,
            number=str(number + 1),
            driver_name=profile.profile_name,
            folded=fold(profile.profile_name),
            identifier=profile.profile_identifier,
            team=teams[number % len(teams)] if teams else None,
            season_class=by_class[number % len(by_class)],
        )
        for number, profile in enumerate(profiles)
    )
    for at, of_class in enumerate(by_class):
        _standings(season, of_class, profiles[at :: len(by_class)], teams, held)


def _rounds(season: Season, count: int, to_come: int) -> list[Round]:
    now = timezone.now()
    made = []
    for number in range(1, count + 1):
        track, _ = Track.objects.get_or_create(
            simulator=season.simulator, name=f"Circuit de Spa-Francorchamps {number}"
        )
        starts_at = now + timedelta(days=14 * (number - count + to_come) - 7)
        event = None
        if starts_at < now and number != 2:
            event = Event.objects.create(
                simulator=season.simulator, league=season.league, name=f"Round {number}", track=track,
                starts_at=starts_at,
            )  # fmt: skip
        made.append(
            Round.objects.create(
                season=season,
                number=number,
                name="12 Hours of the Ardennes" if number == 4 else "",
                starts_at=starts_at,
                track=track,
                event=event,
                cancelled=number == 2,
                percent=50 if number == 3 else 100,
            )
        )
    return made


def _standings(
    season: Season, of_class: SeasonClass | None, profiles: list[SimProfile], teams: list[Team], held: list[Round]
) -> None:
    lines = []
    for place, profile in enumerate(profiles, 1):
        total, cells = Decimal(0), []
        for index, each in enumerate(held):
            finish = (place * 7 + index * 3) % len(profiles)
            points = Decimal(GIVEN[finish]) if finish < len(GIVEN) else Decimal(0)
            cell = {"round": each.pk, "number": each.number, "points": str(points), "total": "", "place": place}
            cell["races"] = [{"session": 1, "place": finish + 1, "status": "finished", "points": str(points)}]
            if index == 1 and place % 3 == 0:
                cell |= {"points": None, "races": []}
            elif index == 0:
                cell["dropped"] = True
            elif index == 2 and place == 2:
                cell["given"] = "-5"
                cell["races"][0]["status"] = "dsq"
            if cell["points"] and "dropped" not in cell:
                total += points
            cells.append(cell | {"total": str(total)})
        lines.append((total, profile, cells))
    lines.sort(key=lambda line: -line[0])
    for kind, named in ((Standing.Kind.DRIVER, lines), (Standing.Kind.TEAM, lines[: len(teams)])):
        Standing.objects.bulk_create(
            Standing(
                season=season,
                kind=kind,
                season_class=of_class,
                row=row,
                place=row,
                gained=(row * 5) % 7 - 3,
                key=str(row),
                name=profile.profile_name if kind == Standing.Kind.DRIVER else teams[row - 1].name,
                number=str(row) if kind == Standing.Kind.DRIVER else "",
                profile=profile if kind == Standing.Kind.DRIVER else None,
                team=teams[row % len(teams)] if teams else None,
                points=total,
                points_driven=total,
                starts=len(held),
                wins=max(0, 4 - row),
                podiums=max(0, 6 - row),
                poles=1 if row == 2 else 0,
                fastest_laps=1 if row in (1, 3) else 0,
                rounds=cells,
            )
            for row, (total, profile, cells) in enumerate(named, 1)
        )
