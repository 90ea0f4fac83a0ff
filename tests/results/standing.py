"""Everything that results show, by what identifies it to a person: to compare what stands with a fresh import."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import transaction

from simlane.results import content
from simlane.results.importer import Importer
from simlane.results.models import ResultFile, SessionFile
from simlane.results.report import Report
from simlane.sim.career.statistics import YEARLY
from simlane.sim.integrity import findings
from simlane.sim.models import (
    CareerYear,
    Entry,
    EntryDriver,
    Event,
    Lap,
    PersonalBest,
    ProfileName,
    Session,
    SimProfile,
)

_ENTRY = (
    "row", "position", "class_position", "car__name", "car_class", "car_number", "team_name", "grid_position", "laps",
    "laps_led", "laps_down", "best_lap_ms", "average_lap_ms", "total_time_ms", "gap_ms", "incidents", "status",
    "status_text",
)  # fmt: skip
_PROFILE = (
    "simulator__slug", "profile_identifier", "profile_name", "name_key", "is_public", "starts", "wins", "podiums",
    "class_wins", "class_podiums", "last_active_at",
)  # fmt: skip


def bring(folder: Path, *documents: tuple[str, dict[str, Any]], **options: Any) -> Report:
    """Imports the documents, as one import of files of these names."""
    paths = []
    for number, (name, document) in enumerate(documents):
        (below := folder / f"{len(list(folder.iterdir()))}-{number}").mkdir()
        (below / name).write_text(json.dumps(document))
        paths.append(below / name)
    return Importer(**options).run(paths)


def picture() -> dict[str, list[Any]]:
    """What stands. A session's number is left out: it is its address, which stays."""
    session = ("session__event__name", "session__kind", "session__started_at")
    of_entry = tuple(f"entry__{name}" for name in (*session, "row"))
    events = Event.objects.standing()
    return {
        "events": _rows(events, "name", "series", "simulator__slug", "track__name", "platform_id", "weekend",
                        "starts_at", "listed_at"),
        "sessions": _rows(Session.objects, "event__name", "kind", "name", "started_at", "clock", "wet", "stage"),
        "entries": _rows(Entry.objects, *session, *_ENTRY),
        "drivers": _rows(EntryDriver.objects, *of_entry, "seat", "name", "profile__profile_identifier", "raced_at",
                         "laps", "best_lap_ms", "incidents", "rating_before", "rating_after", "license_before"),
        "laps": _rows(Lap.objects, *of_entry, "number", "seat", "time_ms", "valid", "sector1_ms"),
        "profiles": _rows(SimProfile.objects, *_PROFILE),
        "names": _rows(ProfileName.objects, "profile__profile_identifier", "name", "folded", "last_used_at",
                       "from_results"),
        "years": _rows(CareerYear.objects, "profile__profile_identifier", "year", *YEARLY, "best"),
        "bests": _rows(PersonalBest.objects, "profile__profile_identifier", "track__name", "car__name", "best_lap_ms",
                       "drive__raced_at", "drive__entry__session__kind"),
    }  # fmt: skip


def _rows(rows: Any, *fields: str) -> list[str]:
    return sorted(map(str, rows.order_by().values_list(*fields)))


def anew(folder: Path, documents: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, list[Any]]:
    """What stands after a fresh import of these documents alone. Nothing of it stays."""
    with transaction.atomic():
        Event.objects.all().delete()
        SimProfile.objects.all().delete()
        report = bring(folder, *documents)
        assert not report.refused, report.refused
        found = picture()
        transaction.set_rollback(True)
    return found


def broken() -> list[str]:
    """The integrity checks that fail."""
    return [finding.check for finding in findings() if finding.count]


def what_stands() -> dict[str, set[int]]:
    """The files that stand, by name, and which of their sessions do."""
    found: dict[str, set[int]] = {}
    for name, number in SessionFile.objects.values_list("file__filename", "number"):
        found.setdefault(name, set()).add(number)
    return found


def said_by(file: ResultFile) -> Any:
    """What the file says."""
    assert file.content is not None
    return content.decode(file.content)
