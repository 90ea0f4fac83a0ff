"""The tables of the domain: simulators, driver profiles, ownership, leagues, results."""

from simlane.sim.models.career import CareerYear
from simlane.sim.models.league_drivers import LeagueDriver
from simlane.sim.models.leagues import League
from simlane.sim.models.ownership import (
    Claim,
    ClaimImage,
    HistoryEntry,
    LinkReminder,
    Merge,
    MergedDrive,
    OwnershipCode,
)
from simlane.sim.models.profile import (
    ContestedIdentifier,
    LegacyProfile,
    NameWord,
    OldReleaseWrite,
    ProfileName,
    SimProfile,
)
from simlane.sim.models.records import TrackRecord
from simlane.sim.models.results import Entry, EntryDriver, Event, Lap, PersonalBest, Session
from simlane.sim.models.simulator import Simulator
from simlane.sim.models.tracks import Car, Track

__all__ = [
    "Car",
    "CareerYear",
    "Claim",
    "ClaimImage",
    "ContestedIdentifier",
    "Entry",
    "EntryDriver",
    "Event",
    "HistoryEntry",
    "Lap",
    "League",
    "LeagueDriver",
    "LegacyProfile",
    "LinkReminder",
    "Merge",
    "MergedDrive",
    "NameWord",
    "OldReleaseWrite",
    "OwnershipCode",
    "PersonalBest",
    "ProfileName",
    "Session",
    "SimProfile",
    "Simulator",
    "Track",
    "TrackRecord",
]
