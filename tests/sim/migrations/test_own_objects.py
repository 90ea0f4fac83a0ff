"""An operator's rows that point at profiles: moved aside and back, whatever became of their tables meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection

from simlane.sim.legacy import own_objects
from simlane.sim.models import SimProfile
from tests.sim.conftest import MakeProfile
from tests.upgrade.conftest import on_postgresql

pytestmark = [on_postgresql, pytest.mark.django_db(transaction=True)]
TABLES = (
    """CREATE TABLE own_setup (id int PRIMARY KEY, driver uuid NOT NULL REFERENCES sim_simprofile ON DELETE CASCADE,
        copy_of int REFERENCES own_setup, name text)""",
    "CREATE TABLE own_lap (id int PRIMARY KEY, setup int NOT NULL REFERENCES own_setup, ms int)",
)
COPIES = "SELECT relname FROM pg_class WHERE relname LIKE 'kept\\_sim\\_own\\_%' AND relkind = 'r'"


def query(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def drop() -> None:
    for (name,) in query(COPIES):
        query(f"DROP TABLE {name}")
    query("DROP TABLE IF EXISTS own_lap, own_setup")


@pytest.fixture
def driver(make_profile: MakeProfile) -> Iterator[SimProfile]:
    for sql in TABLES:
        query(sql)
    made = make_profile(name="Alice")
    # 2 points at 1, which stands in a page behind it.
    query(f"INSERT INTO own_setup VALUES (1, '{made.pk}', NULL, 'a'), (2, '{made.pk}', 1, 'b')")
    query(f"INSERT INTO own_setup SELECT n, '{made.pk}', NULL, repeat('x', 100) FROM generate_series(10, 3000) AS n")
    query("UPDATE own_setup SET name = 'a, edited' WHERE id = 1")
    query("INSERT INTO own_lap SELECT n, n, 90000 + n FROM generate_series(10, 3000) AS n")
    yield made
    drop()


def away(profile: SimProfile) -> None:
    """As the way back deletes a profile of nobody."""
    with connection.schema_editor(atomic=False) as editor:
        own_objects.keep_rows(editor, {"sim_profilename"}, "sim_simprofile", f"id = '{profile.pk}'")
    query(f"DELETE FROM sim_simprofile WHERE id = '{profile.pk}'")
    assert query("SELECT * FROM own_setup") == []


def back(profile: SimProfile) -> None:
    """As the way forward brings it back."""
    profile.save(force_insert=True)
    with connection.schema_editor(atomic=False) as editor:
        own_objects.put_back_rows(editor)


def rows() -> list[tuple[object, ...]]:
    return query("SELECT s::text, l::text FROM own_setup s LEFT JOIN own_lap l ON l.setup = s.id ORDER BY s.id")


def test_all_of_them_come_back_and_the_copies_go(driver: SimProfile) -> None:
    before = rows()
    away(driver)
    assert len(query(COPIES)) == 2
    back(driver)
    assert rows() == before
    assert query(COPIES) == []


def test_a_row_whose_key_somebody_else_took_stays_in_the_copy(driver: SimProfile, make_profile: MakeProfile) -> None:
    before, other = rows(), make_profile()
    away(driver)
    query(f"INSERT INTO own_setup VALUES (2, '{other.pk}', NULL, 'another')")
    back(driver)
    assert query("SELECT name FROM own_setup WHERE id = 2") == [("another",)]
    assert query("SELECT id, name FROM kept_sim_own_own_setup") == [(2, "b")]
    query("DELETE FROM own_setup WHERE name = 'another'")
    # It comes back as soon as it can, and is in nobody's way until then.
    with connection.schema_editor(atomic=False) as editor:
        own_objects.put_back_rows(editor)
    assert sorted(map(str, rows())) == sorted(map(str, before))
    assert query(COPIES) == []


def test_columns_that_came_or_went_meanwhile_stop_nothing(driver: SimProfile, make_profile: MakeProfile) -> None:
    away(driver)
    query("ALTER TABLE own_lap DROP COLUMN ms, ADD COLUMN wet boolean DEFAULT false")
    back(driver)
    assert query("SELECT id, setup, wet FROM own_lap WHERE id = 10") == [(10, 10, False)]
    assert query(COPIES) == []


def test_a_copy_of_an_earlier_way_back_takes_new_columns_too(driver: SimProfile, make_profile: MakeProfile) -> None:
    other = make_profile()
    away(driver)
    query(f"INSERT INTO own_setup VALUES (2, '{other.pk}', NULL, 'another')")
    back(driver)
    query("ALTER TABLE own_setup ADD COLUMN tyre varchar(10)")
    query("UPDATE own_setup SET tyre = 'soft' WHERE id = 1")
    query(f"DELETE FROM own_setup WHERE driver = '{other.pk}'")
    away(driver)
    back(driver)
    assert query("SELECT id, tyre FROM own_setup WHERE id IN (1, 2) ORDER BY id") == [(1, "soft"), (2, None)]


def test_a_new_rule_of_the_table_keeps_back_only_the_rows_that_break_it(driver: SimProfile) -> None:
    away(driver)
    query("ALTER TABLE own_setup ADD CONSTRAINT own_short CHECK (id < 2990 OR id = 3000)")
    with pytest.raises(IntegrityError):
        query(f"INSERT INTO own_setup VALUES (2995, '{driver.pk}')")
    back(driver)
    assert query("SELECT count(*) FROM kept_sim_own_own_setup") == [(10,)]
    assert query("SELECT count(*) FROM kept_sim_own_own_lap") == [(10,)]
    assert query("SELECT count(*) FROM own_lap") == [(2981,)]
