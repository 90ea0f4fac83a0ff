"""What other rooms are told of results: that they changed, and that they came in for the first time.

And the tables that are made of results alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Model
from django.dispatch import Signal

from simlane.sim import shown
from simlane.sim.models import Event, ProfileName

#: Sent with `events`, the keys of events of whose results some came in or went, or count otherwise than before, in the
#: transaction of the change.
results_changed = Signal()
#: Sent with `files`, the keys of files whose results had not been in, in the transaction that stores them.
results_came_in = Signal()

#: Tables that are made of results alone, and anew when these change: they keep no profile.
DERIVED: set[type[Model]] = {ProfileName}


def note(events: Iterable[Event]) -> None:
    """Tells the receivers of `results_changed`; call it in the transaction of the change."""
    if found := {event.pk for event in events}:
        shown.rows("event", found)
        results_changed.send(sender=None, events=found)


def note_new(files: Collection[int]) -> None:
    """Tells the receivers of `results_came_in`; call it in the transaction that stored them."""
    results_came_in.send(sender=None, files=files)


def register_derived(*tables: type[Model]) -> None:
    """Add tables of another room whose rows follow from results; for an upper room's ready()."""
    DERIVED.update(tables)
