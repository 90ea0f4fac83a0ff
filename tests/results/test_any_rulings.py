"""Any order of rulings, undoing, and new versions: what stands is as a fresh import with the rulings that stand."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simlane.results import versions
from simlane.results.deciding import rule, undo
from simlane.results.models import ResultFile, Ruling, SessionFile
from simlane.results.rulings.applying import Kind
from simlane.results.rulings.standing import Place
from simlane.sim.errors import Refused
from simlane.sim.models import Event, SimProfile
from tests.results.builders import ALICE, acc_lap
from tests.results.standing import bring, broken, picture
from tests.results.test_versions import A, B, C, race
from tests.soak import times

#: Two versions of a race, and who drove in an earlier one: whoever a ruling puts into a car is known from there.
LAPS = [acc_lap(time=90_000), acc_lap(time=91_500), acc_lap(1002, time=90_111), acc_lap(1003, time=90_222)]
ONE, OTHER = race(A, B, C) | {"laps": LAPS}, race(C, A, best=91_000)
NAMES = ("260301_203000_R.json", "260301_203010_R.json")
EARLIER = ("260201_203000_R.json", race(B, A, C, best=99_000))

RULINGS = [
    (Kind.DISQUALIFIED, None), (Kind.REMOVED, None), (Kind.TIME, 1), (Kind.TIME, 5_000), (Kind.PLACES, 1),
    (Kind.POINTS, -3), (Kind.LAP, 1), (Kind.DRIVER, 0),
]  # fmt: skip
ACTS = st.one_of(
    st.tuples(st.just("rule"), st.integers(0, 2), st.sampled_from(RULINGS)),
    st.tuples(st.just("undo"), st.integers(0, 9), st.none()),
    st.tuples(st.sampled_from(["replace", "withdraw", "bring back"]), st.integers(0, 1), st.none()),
)


def _rule(file: ResultFile, row: int, kind: Kind, value: int | None) -> None:
    alice = {"driver_name": "Alice Amber", "driver_identifier": ALICE[1:]} if kind == Kind.DRIVER else {}
    rule(Place(file.pk, 0), row, kind, value=value, reason="x", by=None, **alice)


def _act(folder: Path, act: str, number: int, ruling: tuple[Kind, int | None] | None) -> None:
    standing = SessionFile.objects.filter(file__filename__in=NAMES).select_related("file").first()
    file = ResultFile.objects.filter(filename=NAMES[number % 2]).select_related("event").first()
    with suppress(Refused):
        if act == "rule" and standing and ruling:
            _rule(standing.file, number, *ruling)
        elif act == "undo" and (given := list(Ruling.objects.filter(about=None).order_by("pk"))):
            undo(given[number % len(given)].pk, reason="x", by=None)
        elif act == "replace":
            bring(folder, (NAMES[number], (ONE, OTHER)[number]), replace=True)
        elif act == "withdraw" and file:
            versions.withdraw(file.event, file=file, by=None, reason="x")
        elif act == "bring back" and file:
            versions.bring_back(file.event, file=file, by=None, reason="x")


def _with_standing_rulings(folder: Path) -> dict[str, list[object]]:
    """What stands after a fresh import of what stands and, one after the other, the rulings that stand."""
    name = SessionFile.objects.filter(file__filename__in=NAMES).values_list("file__filename", flat=True).first()
    given = list(Ruling.objects.standing().filter(outcome__problem="").order_by("pk")) if name else []
    Event.objects.all().delete()
    SimProfile.objects.all().delete()
    report = bring(folder, EARLIER, *([(name, (ONE, OTHER)[NAMES.index(name)])] if name else []))
    assert not report.refused
    for ruling in given:
        file = ResultFile.objects.get(filename=name)
        drivers = [entry.drivers[0].identifier for entry in versions.said_by(file).sessions[0].entries]
        _rule(file, drivers.index(ruling.target["drivers"][0][0]), Kind(ruling.kind), ruling.value)
    return picture()


@pytest.mark.soak
@pytest.mark.django_db
@settings(max_examples=times(12, soak=300), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(acts=st.lists(ACTS, min_size=3, max_size=10))
def test_what_stands_is_the_file_and_the_rulings_that_stand(
    tmp_path: Path, acts: list[tuple[str, int, tuple[Kind, int | None] | None]]
) -> None:
    with transaction.atomic():
        bring(tmp_path, EARLIER, (NAMES[0], ONE))
        for act in acts:
            _act(tmp_path, *act)
        assert broken() == []
        assert picture() == _with_standing_rulings(tmp_path)
        # Without any of them it is the file's own again.
        for ruling in Ruling.objects.standing():
            undo(ruling.pk, reason="x", by=None)
        found = picture()
        assert found == _with_standing_rulings(tmp_path)
        transaction.set_rollback(True)
