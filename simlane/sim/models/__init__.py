"""The tables of the domain: simulators, driver profiles, ownership, results."""

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
from simlane.sim.models.results import Car, Entry, EntryDriver, Event, Lap, PersonalBest, Session, Track
from simlane.sim.models.simulator import Simulator

__all__ = [
    "Car",
    "Claim",
    "ClaimImage",
    "ContestedIdentifier",
    "Entry",
    "EntryDriver",
    "Event",
    "HistoryEntry",
    "Lap",
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
]
