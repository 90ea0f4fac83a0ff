"""Which driven session a file's session is a version of, where files are read again or found to be of one session."""

from __future__ import annotations

from pathlib import Path

import pytest

from simlane.results.deciding import rule
from simlane.results.models import ResultFile, SessionVersion
from simlane.results.rulings.applying import Kind
from simlane.results.rulings.standing import Place, driven, driven_session, effects, join
from tests.results.builders import iracing_document, iracing_session
from tests.results.standing import bring

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(tmp_path: Path) -> list[Place]:
    """Two sessions of each of two files; about each of the first one's there is a ruling."""
    qualifying = iracing_session(-1, simsession_type=4, simsession_name="QUALIFY")
    for number, name in ((1, "a.json"), (2, "b.json")):
        bring(tmp_path, (name, iracing_document(qualifying, iracing_session(0), subsession_id=number)))
    first, second = (file.pk for file in ResultFile.objects.order_by("pk"))
    found = [Place(first, 0), Place(first, 1), Place(second, 0), Place(second, 1)]
    for value, place in enumerate(found[:2], 1):
        rule(place, 0, Kind.POINTS, value=value, reason="x", by=None)
    return found


def points(place: Place) -> list[int | None]:
    return [each.value for each in effects([place]).get(place, [])]


def test_a_file_that_is_read_again_may_number_its_sessions_otherwise(places: list[Place]) -> None:
    one, other, *_ = places
    assert (points(one), points(other)) == ([1], [2])
    join([(one, other, "Qualifying"), (other, one, "Race")])
    assert (points(one), points(other)) == ([2], [1])
    assert SessionVersion.objects.count() == 2


def test_a_file_that_takes_anothers_place_has_what_was_ruled_about_it(places: list[Place]) -> None:
    one, other, third, fourth = places
    join([(one, third, "Qualifying"), (other, fourth, "Race")])
    assert [points(each) for each in places] == [[1], [2], [1], [2]]
    # Again, and back: nothing is there twice.
    join([(third, one, "Qualifying")])
    join([(one, third, "Qualifying")])
    assert SessionVersion.objects.count() == 4


def test_files_that_were_ruled_about_apart_have_both(places: list[Place]) -> None:
    one, _, third, _ = places
    rule(third, 0, Kind.POINTS, value=9, reason="x", by=None)
    join([(one, third, "Qualifying")])
    assert points(third) == [1, 9]
    assert len(driven([third])[third]) == 2
    # The next one is about the one that was asked for last.
    assert driven_session(third, "Qualifying").pk == max(driven([third])[third])


def test_versions_know_each_other_before_anybody_rules(tmp_path: Path, places: list[Place]) -> None:
    bring(tmp_path, ("c.json", iracing_document(iracing_session(0), subsession_id=3)))
    third, newest = places[2], Place(ResultFile.objects.latest("pk").pk, 0)
    join([(newest, third, "Race")])
    rule(third, 0, Kind.POINTS, value=4, reason="x", by=None)
    assert points(newest) == [4]
