"""The simulators that SimLane knows, and the slugs they have or had.

A new one is added here, with a migration that makes its row; sim.legacy.known_simulators stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from simlane.sim.identity.identifiers import IdentifierKind


@dataclass(frozen=True, slots=True)
class KnownSimulator:
    """A simulator that SimLane knows; `aliases` are its older slugs, which an older install's row may have."""

    slug: str
    name: str
    kind: IdentifierKind
    aliases: tuple[str, ...] = ()


KNOWN_SIMULATORS: tuple[KnownSimulator, ...] = (
    KnownSimulator("iracing", "iRacing", IdentifierKind.IRACING),
    KnownSimulator("assetto-corsa-competizione", "Assetto Corsa Competizione", IdentifierKind.ACC, ("acc",)),
    KnownSimulator("assetto-corsa", "Assetto Corsa", IdentifierKind.STEAM, ("ac",)),
    KnownSimulator("rfactor-2", "rFactor 2", IdentifierKind.STEAM, ("rf2", "rfactor2")),
    KnownSimulator("le-mans-ultimate", "Le Mans Ultimate", IdentifierKind.STEAM, ("lmu",)),
    KnownSimulator("raceroom", "RaceRoom", IdentifierKind.RACEROOM, ("r3e", "raceroom-racing-experience")),
    KnownSimulator("automobilista-2", "Automobilista 2", IdentifierKind.STEAM, ("ams2", "automobilista2")),
    KnownSimulator("gran-turismo-7", "Gran Turismo 7", IdentifierKind.PSN, ("gt7", "gran-turismo7")),
    KnownSimulator("automobilista", "Automobilista", IdentifierKind.STEAM, ("ams", "ams1", "automobilista-1")),
    KnownSimulator("rfactor", "rFactor", IdentifierKind.OTHER, ("rf1", "rfactor-1")),
    KnownSimulator("project-cars-2", "Project CARS 2", IdentifierKind.STEAM, ("pc2", "pcars2")),
    KnownSimulator("f1", "F1", IdentifierKind.OTHER, ("f1-games",)),
)
_BY_SLUG = {slug: simulator for simulator in KNOWN_SIMULATORS for slug in (simulator.slug, *simulator.aliases)}


def known_simulator(slug: str) -> KnownSimulator | None:
    """The known simulator that a slug names, by its own or an older one."""
    return _BY_SLUG.get(slug)
