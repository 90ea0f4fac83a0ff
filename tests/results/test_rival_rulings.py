"""Stewards who decide at the same moment, and a file that is replaced meanwhile: one order, nothing lost.

Each rival has a connection of its own, on both databases.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections

from simlane.results import storing
from simlane.results.deciding import rule, undo
from simlane.results.models import ResultFile, Ruling, RulingOutcome, SessionFile
from simlane.results.rulings.applying import Kind, apply
from simlane.results.rulings.standing import Place, effects
from simlane.sim.errors import Refused
from simlane.sim.models import Entry
from tests.results.standing import bring, broken, said_by
from tests.results.test_versions import RACE, WITH_CARA, A, B, C, file, race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, none of them is asked to come again: each waits for the others."""
    monkeypatch.setattr(storing, "PATIENCE", 300.0)


def at_once(*rivals: Callable[[], object]) -> list[object]:
    """What each returns, or the refusal that it meets."""
    together = threading.Barrier(len(rivals))

    def run(rival: Callable[[], object]) -> object:
        together.wait(timeout=30)
        try:
            return rival()
        except Refused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(rivals)) as pool:
        return list(pool.map(run, rivals))


def stands_as_computed() -> None:
    """The rows are what the file that stands says with the rulings that stand."""
    origin = SessionFile.objects.select_related("file").get()
    place = Place(origin.file_id, origin.number)
    found = apply(said_by(origin.file).sessions[origin.number], effects([place]).get(place, ()))
    shown = Entry.objects.order_by("row").values_list("car_number", "position", "status", "total_time_ms")
    assert list(shown) == [
        (each.car_number, each.position, each.status, each.total_time_ms) for each in found.session.entries
    ]
    assert RulingOutcome.objects.filter(problem="").count() == len(found.fits)
    assert broken() == []


def test_rival_stewards_all_have_their_say(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, race(A, B, C)))
    place = Place(file(RACE).pk, 0)
    wanted = [(0, Kind.TIME, 1_000), (0, Kind.TIME, 2_000), (1, Kind.DISQUALIFIED, None), (2, Kind.POINTS, -2)]
    made = at_once(
        *(
            lambda row=row, kind=kind, value=value: rule(place, row, kind, value=value, reason="x", by=None)
            for row, kind, value in wanted
        )
    )
    assert all(isinstance(each, Ruling) for each in made)
    assert sorted(Ruling.objects.values_list("kind", "value")) == sorted((kind, value) for _, kind, value in wanted)
    stands_as_computed()
    assert Entry.objects.get(drivers__name="Alice Amber").total_time_ms == 185_000


def test_of_two_who_undo_one_is_told_that_it_is_undone(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, race(A, B, C)))
    made = rule(Place(file(RACE).pk, 0), 0, Kind.DISQUALIFIED, reason="x", by=None)
    answers = at_once(*[lambda: undo(made.pk, reason="x", by=None)] * 2)
    assert sorted(map(str, answers)) == ["It has been undone already.", str(Ruling.objects.get(about=made))]
    stands_as_computed()


def test_a_decision_while_the_file_is_replaced_is_about_what_stands_then(tmp_path: Path) -> None:
    bring(tmp_path, (RACE, race(A, B, C)))
    place = Place(file(RACE).pk, 0)
    made, report = at_once(
        lambda: rule(place, 0, Kind.DISQUALIFIED, reason="x", by=None),
        lambda: bring(tmp_path, (RACE, WITH_CARA), replace=True),
    )
    assert isinstance(made, Ruling)
    assert (report.replaced, report.refused) == (1, [])  # type: ignore[attr-defined]
    assert SessionFile.objects.get().file == ResultFile.objects.latest("pk")
    stands_as_computed()
    assert Entry.objects.get(status="dsq").drivers.get().name == "Alice Amber"
