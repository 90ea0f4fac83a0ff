"""Addresses of the public pages of the domain's rows: `get_absolute_url` of each model, by ABSOLUTE_URL_OVERRIDES.

The domain itself knows no pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from django.urls import reverse

if TYPE_CHECKING:
    from simlane.sim.models import Event, SimProfile, Simulator


def of_simulator(simulator: Simulator) -> str:
    """The address of a simulator's page."""
    return reverse("profiles:simulator", args=[simulator.slug])


def of_profile(profile: SimProfile) -> str:
    """The address of a driver's page; an identifier from the old model may hold any character, even a slash."""
    # Built by hand because reverse() leaves "/" and ".." as they are, and browsers resolve them.
    return f"{of_simulator(profile.simulator)}{quote(profile.profile_identifier, safe='')}/"


def of_event(event: Event) -> str:
    """The address of an event's page."""
    return reverse("profiles:event", args=[event.pk])
