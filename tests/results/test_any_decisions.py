"""Any order of imports, replacements, withdrawals and returns: what stands is as a fresh import of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simlane.results import versions
from simlane.results.models import Decision, ResultFile, SessionFile
from simlane.sim.errors import Refused
from simlane.sim.models import Session
from tests.results.builders import ALICE, BOB, iracing_document, iracing_result, iracing_session
from tests.results.standing import anew, bring, broken, picture, what_stands
from tests.results.test_versions import race
from tests.soak import times

CARA = "S76561190000000003"
A, B, C = ("Alice", "Amber", ALICE), ("Bob", "Birch", BOB), ("Cara", "Cyan", CARA)
RENAMED = ("Alicia", "Amber-Bloom", ALICE)


def _session(number: int, kind: int, *order: int, best: int) -> dict[str, Any]:
    results = [
        iracing_result(100_000 + driver, place, best_lap_time=best + driver * 7, display_name=f"Driver {driver} {best}")
        for place, driver in enumerate(order)
    ]
    return iracing_session(number, *results, simsession_type=kind, simsession_name=f"S{number}")


#: Three versions of a race, two of the qualifying before it, an earlier race of the same drivers.
ACC = {
    "260301_203000_R.json": race(A, B),
    "260301_203010_R.json": race(B, RENAMED, C, best=91_000),
    "260301_203020_R.json": race(C, A, best=89_000),
    "260301_200000_Q.json": race(A, B, best=88_000, sessionType="Q", sessionIndex=1),
    "260301_200010_Q.json": race(B, C, best=87_000, sessionType="Q", sessionIndex=1),
    "260201_203000_R.json": race(C, RENAMED, best=92_000),
}
#: Three versions of one file, with sessions that only one of them has and one that all have.
IRACING = {
    "i1.json": [_session(-2, 3, 1, 2, best=950_000), _session(0, 6, 1, 2, best=940_000)],
    "i2.json": [_session(-1, 4, 2, 3, best=930_000), _session(0, 6, 3, 1, best=920_000)],
    "i3.json": [_session(0, 6, 2, 1, best=910_000)],
}
DOCUMENTS = ACC | {name: iracing_document(*sessions) for name, sessions in IRACING.items()}
ACTS = ("come in", "replace", "replace", "withdraw", "withdraw session", "withdraw event", "bring back", "bring event")


def _act(folder: Path, act: str, name: str) -> None:
    if act in ("come in", "replace"):
        bring(folder, (name, DOCUMENTS[name]), replace=act == "replace")
        return
    file = ResultFile.objects.select_related("event").filter(filename=name).first()
    if file is None:
        return
    with suppress(Refused):
        if act == "withdraw":
            versions.withdraw(file.event, file=file, by=None, reason="")
        elif act == "withdraw session":
            versions.withdraw(file.event, file=file, number=0, by=None, reason="")
        elif act == "withdraw event":
            versions.withdraw(file.event, by=None, reason="")
        elif act == "bring back":
            versions.bring_back(file.event, file=file, by=None, reason="")
        else:
            versions.bring_back(file.event, by=None, reason="")


def _what_stands_as_files() -> list[tuple[str, dict[str, Any]]]:
    """Documents that say what stands; sessions of one iRacing event are one file."""
    standing = what_stands()
    files = [(name, ACC[name]) for name in standing if name in ACC]
    sessions = [IRACING[name][number] for name, numbers in standing.items() if name in IRACING for number in numbers]
    if sessions:
        files.append(("i.json", iracing_document(*sorted(sessions, key=lambda each: each["simsession_number"]))))
    return files


@pytest.mark.soak
@pytest.mark.django_db
@settings(max_examples=times(15, soak=300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(sorted(DOCUMENTS))), min_size=3, max_size=12))
def test_what_stands_is_as_if_it_alone_had_come_in(tmp_path: Path, acts: list[tuple[str, str]]) -> None:
    with transaction.atomic():
        for act, name in acts:
            _act(tmp_path, act, name)
        assert broken() == []
        found = picture()
        assert found == anew(tmp_path, _what_stands_as_files())
        assert SessionFile.objects.count() == Session.objects.count()
        # Everything that came in, again: nothing.
        decisions = Decision.objects.count()
        known = ResultFile.objects.values_list("filename", flat=True)
        bring(tmp_path, *[(name, DOCUMENTS[name]) for name in known])
        assert (picture(), Decision.objects.count()) == (found, decisions)
        transaction.set_rollback(True)
