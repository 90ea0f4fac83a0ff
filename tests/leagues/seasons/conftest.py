"""A season of a league on one simulator."""

from __future__ import annotations

import pytest

from simlane.leagues.models import Season
from simlane.leagues.seasons import making
from simlane.sim.models import League, Simulator


@pytest.fixture
def cup(db: None) -> League:
    return League.objects.create(name="Sunday Cup", slug="sunday-cup")


@pytest.fixture
def spring(cup: League) -> Season:
    """Running, with the points of Formula 1 for every race."""
    simulator = Simulator.objects.get(slug="assetto-corsa-competizione")
    made = Season(league=cup, simulator=simulator, name="Spring", slug="spring", state=Season.State.RUNNING)
    making.make(made)
    return made
