"""Where an event is read, for the texts that say so."""

from __future__ import annotations

from typing import Any

from simlane.sim.models import Event


def of_event(event: Event) -> str:
    """The address of the event's page, as the public pages give it: this room knows no page."""
    row: Any = event
    return str(row.get_absolute_url())
