"""The laps move into partitions and back while others read and write them, and nothing is lost (PostgreSQL)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from simlane.results import versions
from simlane.sim.models import Entry, Event, Lap
from simlane.sim.partitions import locks, tables
from tests.databases import LEGACY
from tests.pgbouncer import pooled
from tests.results.builders import acc_document, acc_lap, acc_line
from tests.results.standing import bring, broken
from tests.sim.partitions.conftest import LAPS, Rows, ended, partition_laps, query, stored
from tests.upgrade.conftest import on_database, on_postgresql

pytestmark = on_postgresql
RUN = ("run", "--entries", "10")


def schema() -> list[tuple[object, ...]]:
    """Columns, constraints, indexes and rights of the laps, but for what each partition repeats."""
    return query(
        """SELECT 'column', attname::text, format_type(atttypid, atttypmod), attnotnull::text FROM pg_attribute
            WHERE attrelid = 'sim_lap'::regclass AND attnum > 0 AND NOT attisdropped
        UNION SELECT 'constraint', conname, pg_get_constraintdef(oid), contype::text FROM pg_constraint
            WHERE conrelid = 'sim_lap'::regclass
        UNION SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid, 1, true), indisunique::text
            FROM pg_index WHERE indrelid = 'sim_lap'::regclass
        UNION SELECT 'right', grantee, privilege_type, '' FROM information_schema.role_table_grants
            WHERE table_name = 'sim_lap'
        ORDER BY 1, 2, 3"""
    )


def leftovers() -> list[tuple[object, ...]]:
    """Tables, triggers and functions of a move."""
    return query(
        """SELECT relname::text FROM pg_class WHERE relname IN ('sim_lap_new', 'sim_lap_old', 'sim_lap_move')
        UNION SELECT tgname FROM pg_trigger WHERE tgname LIKE 'sim\\_lap%'
        UNION SELECT proname FROM pg_proc WHERE proname LIKE 'sim\\_lap%'"""
    )


@contextmanager
def writing(address: str, rows: Rows) -> Iterator[Callable[[], int]]:
    """Somebody writes laps as imports and corrections do, by the site's role, and notes each commit in `rows`."""
    stop, acts = threading.Event(), count()
    done = [0]
    entries = sorted(Entry.objects.values_list("pk", flat=True))

    def act(database: psycopg.Connection[Any], number: int) -> None:
        entry = entries[number * 7 % len(entries)]
        own = [key for key in rows if key[0] == entry]
        if number % 3 == 0 or not own:
            lap = 1000 + number
            into = "COPY sim_lap (entry_id, number, seat, time_ms, valid) FROM STDIN"
            with database.transaction(), database.cursor() as cursor, cursor.copy(into) as copy:
                for each in (lap, lap + 100_000):
                    copy.write_row((entry, each, 0, number, True))
            rows[entry, lap] = rows[entry, lap + 100_000] = number
        elif number % 3 == 1:
            with database.transaction():
                database.execute("UPDATE sim_lap SET time_ms = %s WHERE entry_id = %s", [number, entry])
            rows.update(dict.fromkeys(own, number))
        else:
            with database.transaction():
                database.execute("DELETE FROM sim_lap WHERE entry_id = %s AND number < 1005", [entry])
            for key in own:
                if key[1] < 1005:
                    del rows[key]

    def work() -> None:
        with psycopg.connect(address, autocommit=True) as database:
            while not stop.is_set():
                act(database, next(acts))
                done[0] += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield lambda: done[0]
    finally:
        stop.set()
        thread.join()


def test_nothing_is_lost_under_a_writer_there_and_back(site: str) -> None:
    rows, before = stored(), schema()
    with writing(site, rows) as acts:
        for command, kind in ((RUN, "p"), (("back",), "r"), (RUN, "p")):
            since = acts()
            assert "laps copied" in partition_laps(*command)
            assert tables.kind(connection) == kind
            assert acts() - since > 20
    assert stored() == rows
    assert schema() == before
    assert leftovers() == []


def test_killed_at_any_step_the_same_command_goes_on(site: str) -> None:
    rows, before = stored(), schema()
    steps = [
        (r"CREATE TABLE sim_lap_move", 1),
        (r"CREATE OR REPLACE TRIGGER", 2),
        (r"INSERT INTO sim_lap_new", 3),
        (r"UPDATE sim_lap_move", 2),
        (r"SELECT before\.rows", 1),
        (r"ANALYZE", 1),
        (r"ALTER INDEX", 2),
        (r"DROP TABLE sim_lap_move", 1),
        (r"DROP TABLE sim_lap_old", 1),
    ]
    with psycopg.connect(site, autocommit=True) as database:
        for command in (RUN, ("back",)):
            for step, (pattern, nth) in enumerate(steps):
                with killed(pattern, nth):
                    said = partition_laps(*command, code=1)
                assert "the same command goes on from here" in said, said
                # Written at each point of the way.
                entry = next(iter(rows))[0]
                time_ms = step + 1
                database.execute("UPDATE sim_lap SET time_ms = %s WHERE entry_id = %s", [time_ms, entry])
                rows.update({key: time_ms for key in rows if key[0] == entry})
                assert stored() == rows
            partition_laps(*command)
            assert stored() == rows
            assert schema() == before
            assert leftovers() == []


@contextmanager
def killed(pattern: str, nth: int) -> Iterator[None]:
    """Ends the session before the nth statement like this."""
    seen = count(1)

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if re.match(pattern, sql) and next(seen) == nth:
            ended(connection.connection.info.backend_pid)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield
    assert next(seen) > nth, pattern
    connection.close()


def test_a_lap_that_is_being_deleted_while_its_batch_is_copied_goes_from_both(site: str) -> None:
    gone = min(stored())[0]
    with psycopg.connect(site) as database:
        timer = threading.Timer(0.5, database.commit)

        def wrapper(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
            if sql.startswith("INSERT INTO sim_lap_new") and not timer.is_alive() and not timer.finished.is_set():
                database.execute("DELETE FROM sim_lap WHERE entry_id = %s", [gone])
                timer.start()
            return execute(sql, params, many, context)

        with connection.execute_wrapper(wrapper):
            partition_laps(*RUN)
        timer.join()
    assert gone not in {entry for entry, _ in stored()}
    assert len(stored()) == 59 * LAPS


def test_the_opposite_command_ends_what_was_begun(site: str) -> None:
    rows, before = stored(), schema()
    with killed(r"INSERT INTO sim_lap_new", 3):
        partition_laps(*RUN, code=1)
    assert "A move by run has copied" in partition_laps("status")
    assert "ended" in partition_laps("back")
    assert (tables.kind(connection), leftovers(), schema(), stored()) == ("r", [], before, rows)


def test_a_copy_that_differs_takes_no_place(site: str) -> None:
    with killed(r"SELECT before\.rows", 1):
        partition_laps(*RUN, code=1)
    query("DELETE FROM sim_lap_new WHERE number = 3 AND entry_id = (SELECT min(entry_id) FROM sim_lap_new)")
    assert "The copy differs" in partition_laps(*RUN, code=1)
    assert tables.kind(connection) == "r"
    partition_laps("back")
    partition_laps(*RUN)


def test_a_migration_in_between_is_noticed_and_one_afterwards_alters_all_partitions(site: str) -> None:
    with killed(r"INSERT INTO sim_lap_new", 3):
        partition_laps(*RUN, code=1)
    query("ALTER TABLE sim_lap ADD COLUMN fuel integer NULL")
    assert "columns of sim_lap have changed" in partition_laps(*RUN, code=1)
    partition_laps("back")
    partition_laps(*RUN)
    query("ALTER TABLE sim_lap ADD COLUMN tyre varchar(10) DEFAULT '' NOT NULL")
    query("CREATE INDEX sim_lap_tyre_idx ON sim_lap (tyre)")
    query("UPDATE sim_lap SET tyre = 'soft', fuel = 3")
    assert query("SELECT DISTINCT tyre, fuel FROM sim_lap") == [("soft", 3)]
    partition_laps("back")
    assert query("SELECT count(*) FROM sim_lap WHERE tyre = 'soft' AND fuel = 3") == [(60 * LAPS,)]
    assert query("SELECT to_regclass('sim_lap_tyre_idx') IS NOT NULL") == [(True,)]


def test_an_entry_is_looked_for_in_one_partition(site: str) -> None:
    partition_laps(*RUN)
    entry = Entry.objects.order_by("pk")[25].pk
    (plan,) = [Lap.objects.filter(entry=entry).explain()]
    assert len(re.findall(r"on sim_lap_p\d+", plan)) == 1
    query("SET enable_seqscan = off")
    plan = Lap.objects.filter(entry__session__event=Event.objects.order_by("pk")[1]).explain(analyze=True)
    looked = [line for line in plan.splitlines() if re.search(r"on sim_lap_\w+", line)]
    assert [line for line in looked if "never executed" in line]
    assert len([line for line in looked if "never executed" not in line]) <= 3


def test_results_come_in_are_replaced_and_withdrawn_in_partitions(site: str, tmp_path: Path) -> None:
    partition_laps(*RUN)

    def times() -> list[int | None]:
        return list(Lap.objects.filter(time_ms__in=[91_111, 92_222]).values_list("time_ms", flat=True))

    def document(time_ms: int) -> dict[str, Any]:
        lines = [acc_line(1001, bestLap=time_ms)]
        return acc_document(sessionResult={"leaderBoardLines": lines}, laps=[acc_lap(time=time_ms)])

    name = "260301_203000_R.json"
    bring(tmp_path, (name, document(91_111)))
    assert times() == [91_111]
    bring(tmp_path, (name, document(92_222)), replace=True)
    assert times() == [92_222]
    event = Event.objects.order_by("-pk")[0]
    file = event.result_files.order_by("-pk")[0]
    versions.withdraw(event, file=file, by=None, reason="a mistake")
    assert times() == []
    versions.bring_back(event, file=file, by=None, reason="none after all")
    assert times() == [92_222]
    assert broken() == []


def test_views_and_the_like_that_would_keep_the_old_table_stop_the_move(site: str) -> None:
    query("CREATE VIEW fastest AS SELECT min(time_ms) FROM sim_lap")
    said = partition_laps("plan", "--entries", "10", code=1)
    assert "the view fastest" in said
    assert "the view fastest" in partition_laps(*RUN, code=1)
    assert leftovers() == []
    query("DROP VIEW fastest")
    assert "They would be in" in partition_laps("plan", "--entries", "10")


def test_a_migration_back_behind_the_key_asks_for_one_table_first(site: str) -> None:
    partition_laps(*RUN)
    with pytest.raises(Exception, match="partition_laps back"):
        call_command("migrate", "sim", LEGACY, verbosity=0)
    partition_laps("back")
    call_command("migrate", "sim", "0052", verbosity=0)
    assert query("SELECT count(DISTINCT id) FROM sim_lap") == [(60 * LAPS,)]
    call_command("migrate", "sim", verbosity=0)


def test_the_move_goes_on_behind_a_pooler(site: str) -> None:
    rows = stored()
    own = connection.settings_dict
    url = f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{own['NAME']}"
    with pooled(url) as address, on_database(address):
        partition_laps(*RUN)
        assert stored() == rows


def test_who_holds_the_laps_is_named_when_the_move_gives_up(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "LOCK_MS", 10)
    monkeypatch.setattr(locks.patiently, "__defaults__", (0.2,))
    with psycopg.connect(site) as database:
        database.execute("UPDATE sim_lap SET time_ms = 1 WHERE number = 1")
        said = partition_laps(*RUN, code=1)
        assert f"process {database.info.backend_pid} holds sim_lap" in said
        assert "trying again until it ends" in said
        database.rollback()
    partition_laps(*RUN)
