"""A session as its file says it, without any decision about it."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from simlane.profiles.crew import CrewMember
from simlane.results.decisions import said_by
from simlane.results.entries import ENTRY_FIELDS
from simlane.results.models import SessionFile
from simlane.sim.errors import Refused
from simlane.sim.models import Car, Entry, Event, Session, SimProfile

NOT_KEPT = "These results came in before SimLane kept what files say: import the same file once more to see its order."


def own_order(event: Event, session: Session, user: AbstractBaseUser | AnonymousUser) -> list[Entry]:
    """The file's entries in the file's order, as rows that are in no table; each with its `crew`.

    Raises Refused for a file that came in before what it says was kept.
    """
    origin = SessionFile.objects.select_related("file").filter(session=session).first()
    if origin is None:
        raise Refused(NOT_KEPT)
    said = said_by(origin.file).sessions[origin.number]
    identifiers = {driver.identifier for entry in said.entries for driver in entry.drivers if driver.identifier}
    seen = SimProfile.objects.visible_to(user).filter(simulator=event.simulator, profile_identifier__in=identifiers)
    profiles = {profile.profile_identifier: profile for profile in seen.defer("profile_data")}
    entries = []
    for row, parsed in enumerate(said.entries):
        values = {name: getattr(parsed, name) for name in ENTRY_FIELDS}
        entry = Entry(session=session, row=row, car=Car(name=parsed.car_name) if parsed.car_name else None, **values)
        entry.crew = [  # type: ignore[attr-defined]
            CrewMember.of(event, driver, profiles.get(driver.identifier or "")) for driver in parsed.drivers
        ]
        entries.append(entry)
    return entries
