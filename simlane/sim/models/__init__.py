"""The domain: simulators, driver profiles, and what was raced."""

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
    "ContestedIdentifier",
    "Entry",
    "EntryDriver",
    "Event",
    "Lap",
    "LegacyProfile",
    "NameWord",
    "OldReleaseWrite",
    "PersonalBest",
    "ProfileName",
    "Session",
    "SimProfile",
    "Simulator",
    "Track",
]
