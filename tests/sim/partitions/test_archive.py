"""Old partitions go into files and come back whole; new ones are made ahead, and no import misses one (PostgreSQL)."""

from __future__ import annotations

import logging
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from simlane.sim.models import Entry, Event, Lap
from simlane.sim.partitions import ahead, tables
from tests.sim.partitions.conftest import LAPS, partition_laps, query, race, stored
from tests.sim.partitions.test_moving import killed
from tests.upgrade.conftest import on_postgresql

pytestmark = on_postgresql


@pytest.fixture
def partitioned(site: str) -> str:
    """The site with a partition for each ten entries; the address of the role that writes."""
    partition_laps("run", "--entries", "10")
    return site


def bounds() -> list[tuple[int, int | None]]:
    return [(each.low, each.high) for each in tables.partitions(connection)]


def test_archived_laps_come_back_the_same(partitioned: str, tmp_path: Path) -> None:
    before, was = stored(), bounds()
    said = partition_laps("archive", str(tmp_path), "--before-entry", "30")
    files = sorted(tmp_path.glob("*.csv.gz"))
    assert [file.name for file in files] == [f"sim_lap-{low}-{low + 10}.csv.gz" for low in (0, 10, 20)]
    assert all(f"restore {file}" in said for file in files)
    assert stored() == {key: time for key, time in before.items() if key[0] >= 30}
    assert bounds() == was[3:]
    for file in files:
        assert "laps are back" in partition_laps("restore", str(file))
    assert (stored(), bounds()) == (before, was)


def test_by_age_those_go_whose_events_are_all_older_and_none_that_entries_may_still_come_to(
    partitioned: str, tmp_path: Path
) -> None:
    middle = Event.objects.order_by("pk")[1]
    years = (timezone.now() - middle.listed_at).days / 365.25
    partition_laps("archive", str(tmp_path), "--older-than", str(years + 0.1))
    # The first event's last entry shares a partition with the second event.
    assert [file.name for file in sorted(tmp_path.glob("*.csv.gz"))] == [
        f"sim_lap-{low}-{low + 10}.csv.gz" for low in (0, 10)
    ]
    partition_laps("archive", str(tmp_path), "--older-than", "0")
    # The last one with entries is still being filled.
    assert Entry.objects.order_by("-pk")[0].pk // 10 * 10 == bounds()[0][0]
    race(25)
    assert Lap.objects.filter(entry__in=Entry.objects.order_by("-pk")[:25]).count() == 25 * LAPS


def test_pages_of_events_whose_laps_are_in_files_show_none(partitioned: str, tmp_path: Path) -> None:
    event = Event.objects.order_by("pk")[0]
    partition_laps("archive", str(tmp_path), "--older-than", "1")
    assert not Lap.objects.filter(entry__session__event=event).exists()
    browser = Client(headers={"host": "localhost"})
    assert browser.get(f"/events/{event.pk}/", follow=True).status_code == 200
    answer = browser.get(f"/events/{event.pk}/sessions/1/laps.json")
    assert (answer.status_code, answer.json()["cars"]) == (200, [])
    event.sessions.all().delete()
    assert not Entry.objects.filter(session__event=event).exists()


def test_laps_of_entries_that_went_meanwhile_stay_away(partitioned: str, tmp_path: Path) -> None:
    partition_laps("archive", str(tmp_path), "--before-entry", "20")
    gone = list(Entry.objects.filter(pk__gte=10, pk__lt=13))
    Entry.objects.filter(pk__in=[each.pk for each in gone]).delete()
    said = partition_laps("restore", str(tmp_path / "sim_lap-10-20.csv.gz"))
    assert f"{70} laps are back; {30} of entries that are gone were left out" in said


def test_laps_come_back_into_one_table_too(partitioned: str, tmp_path: Path) -> None:
    before = stored()
    partition_laps("archive", str(tmp_path), "--before-entry", "20")
    partition_laps("back")
    for file in tmp_path.glob("*.csv.gz"):
        partition_laps("restore", str(file))
    assert stored() == before
    assert query("SELECT count(*) FROM pg_class WHERE relname LIKE 'sim\\_lap\\_p_%' AND relkind = 'r'") == [(0,)]


@pytest.mark.parametrize("step", [r"COMMENT ON TABLE sim_lap_p", r"SELECT count\(\*\) FROM sim_lap_p", r"DROP TABLE"])
def test_an_archive_that_was_killed_goes_on(partitioned: str, tmp_path: Path, step: str) -> None:
    before = stored()
    with killed(step, 1):
        partition_laps("archive", str(tmp_path), "--before-entry", "20", code=1)
    if step == "DROP TABLE":
        # The file is whole, and the table still there: the operator sees both.
        assert "is there already" in partition_laps("archive", str(tmp_path), "--before-entry", "20", code=1)
        (tmp_path / "sim_lap-0-10.csv.gz").unlink()
    partition_laps("archive", str(tmp_path), "--before-entry", "20")
    assert len(list(tmp_path.glob("*.csv.gz"))) == 2
    for file in tmp_path.glob("*.csv.gz"):
        partition_laps("restore", str(file))
    assert stored() == before


def test_a_damaged_file_and_a_folder_that_cannot_be_written_change_nothing(partitioned: str, tmp_path: Path) -> None:
    before = stored()
    (tmp_path / "file").touch()
    said = partition_laps("archive", str(tmp_path / "file"), "--before-entry", "20", code=1)
    assert "Nothing was changed" in said
    assert stored() == before
    partition_laps("archive", str(tmp_path), "--before-entry", "10")
    file = tmp_path / "sim_lap-0-10.csv.gz"
    file.write_bytes(file.read_bytes()[:-20])
    assert "damaged" in partition_laps("restore", str(file), code=1)
    assert "no file of an archive" in partition_laps("restore", str(tmp_path / "other.csv"), code=1)


def test_partitions_are_made_ahead_by_the_daily_work(partitioned: str) -> None:
    ahead.extend_daily()
    before = bounds()
    race(30)
    ahead.extend_daily()
    made = bounds()
    assert len(made) == len(before) + 3
    assert made[-1] == (made[-2][1], None)
    assert [low for low, _ in made[1:]] == [high for _, high in made[:-1]]
    assert "Enough partitions" in partition_laps("extend")


def test_where_none_was_made_the_open_one_takes_the_laps_and_is_closed_later(partitioned: str) -> None:
    race(150)
    assert query("SELECT count(*) > 0 FROM sim_lap_tail") == [(True,)]
    before = stored()
    assert "gets an end" in partition_laps("extend")
    assert query("SELECT count(*) FROM sim_lap_tail") == [(0,)]
    race(150)
    with killed(r"ALTER TABLE sim_lap_tail VALIDATE", 1):
        partition_laps("extend", code=1)
    # What the interrupted one left refuses no entry that comes soon.
    race(20)
    partition_laps("extend")
    assert query("SELECT count(*) FROM pg_constraint WHERE conname = 'sim_lap_tail_end'") == [(0,)]
    assert before.items() <= stored().items()
    partition_laps("back")


def test_a_role_without_ownership_writes_and_is_told_what_it_may_not(
    partitioned: str, caplog: pytest.LogCaptureFixture
) -> None:
    race(30)
    with psycopg.connect(partitioned, autocommit=True) as database:
        entry = Entry.objects.order_by("-pk")[0].pk
        for sql in (
            f"UPDATE sim_lap SET time_ms = 1 WHERE entry_id = {entry}",
            f"DELETE FROM sim_lap WHERE entry_id = {entry}",
            f"INSERT INTO sim_lap (entry_id, number, seat, valid) VALUES ({entry}, 1, 0, true)",
            "SELECT count(*) FROM sim_lap",
        ):
            assert database.execute(sql).rowcount > 0
    own = connection.settings_dict | {}
    role = psycopg.conninfo.conninfo_to_dict(partitioned)
    connection.close()
    connection.settings_dict |= {"USER": role["user"], "PASSWORD": role["password"]}
    try:
        with caplog.at_level(logging.WARNING, "simlane.partitions"):
            ahead.extend_daily()
        assert "belong to another role" in caplog.text
        assert "does not own sim_lap" in partition_laps("back", code=1)
    finally:
        connection.close()
        connection.settings_dict |= own


def test_status_says_what_there_is(partitioned: str) -> None:
    query("ANALYZE sim_lap")
    said = partition_laps("status")
    assert f"Partitions: about {60 * LAPS:,} laps" in said
    assert "sim_lap_p10: entries 10 to 19, 100 laps" in said


def test_archive_asks_for_partitions(site: str, tmp_path: Path) -> None:
    assert "one table" in partition_laps("archive", str(tmp_path), "--older-than", "1", code=1)
    query("ANALYZE sim_lap")
    assert f"One table: about {60 * LAPS:,} laps, 0.1 MB" in partition_laps("status")
