"""A season's entry list, classes and teams as its races are scored by them: who is in which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from simlane.leagues.models import Season, SeasonClass, SeasonEntry, Team
from simlane.leagues.seasons.drivers import key_of
from simlane.sim.identity.names import fold, name_key
from simlane.sim.models import SimProfile
from simlane.sim.ownership.code_text import without_codes


@dataclass(frozen=True, slots=True)
class Entered:
    """What the entry list says of each of its drivers, by key, and the names of classes and teams in files, folded."""

    drivers: dict[str, SeasonEntry]
    classes: dict[str, int]
    teams: dict[str, int]

    def class_of(self, crew: Sequence[str], car_class: str) -> int | None:
        """The class of a car: that of the first of its crew who is entered in one, or else as the file names it."""
        for driver in crew:
            if (entry := self.drivers.get(driver)) and entry.season_class_id:
                return entry.season_class_id
        return self.classes.get(fold(car_class))

    def team_of(self, crew: Sequence[str], team_name: str) -> int | None:
        """The team of a car: that of the first of its crew who is entered for one, or else as the file names it."""
        for driver in crew:
            if (entry := self.drivers.get(driver)) and entry.team_id:
                return entry.team_id
        return self.teams.get(name_key(without_codes(team_name)))


def read(season: Season) -> Entered:
    """The season's entry list, classes and teams, in four statements."""
    entries = list(SeasonEntry.objects.filter(season=season).order_by("pk"))
    profiles: dict[str, UUID] = {}
    if wanted := [entry.identifier for entry in entries if entry.identifier]:
        rows = SimProfile.objects.filter(simulator=season.simulator_id, profile_identifier__in=wanted)
        for identifier, key, merged_into in rows.values_list("profile_identifier", "pk", "merged_into"):
            profiles[identifier] = merged_into or key
    drivers: dict[str, SeasonEntry] = {}
    for entry in entries:
        profile = profiles.get(entry.identifier)
        if profile or not entry.identifier:
            drivers.setdefault(key_of(profile, entry.driver_name), entry)
        if not entry.identifier:
            drivers.setdefault(key_of(None, entry.driver_name, entry.number), entry)
    classes = {}
    for each in SeasonClass.objects.filter(season=season):
        for name in (*each.file_names.splitlines(), each.name):
            classes[fold(name)] = each.pk
    classes.pop("", None)
    teams = dict(Team.objects.filter(season=season).values_list("folded", "pk"))
    return Entered(drivers, classes, teams)
