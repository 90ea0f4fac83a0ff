"""What stops an upgrade, or should be known before it, is told."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError
from django.db import connection

from simlane.sim.identity.identifiers import KINDS, IdentifierKind
from simlane.sim.legacy import batches
from simlane.sim.legacy.known_simulators import KNOWN_SIMULATORS
from simlane.upgrade import plan, progress, runner
from simlane.upgrade.plan import server
from simlane.upgrade.progress import Throttle
from tests import postgres
from tests.sim.migrations.conftest import Migrate, Old
from tests.upgrade.conftest import database_url, on_postgresql

Usage = namedtuple("Usage", "total used free")


def test_a_database_without_profiles_or_at_the_new_model_has_nothing_to_plan(transactional_db: None) -> None:
    found = plan.collect()
    assert (found.state, found.pending, found.hindrances, found.contested) == ("new", [], [], [])


def test_ids_that_several_claim_are_told_with_their_owners(old: Old) -> None:
    old.profile("First", {"cust_id": 5}, user="a")
    old.profile("Second", {"cust_id": "005"}, user="b")
    old.profile("X" * 255, {}, user="b")
    found = plan.collect()
    assert (found.with_platform_id, found.with_fallback, found.names_cut) == (2, 1, 1)
    assert (found.contested_ids, found.contested_profiles) == (1, 2)
    assert [(each["name"], each["owner"]) for each in found.contested] == [("First", "a"), ("Second", "b")]
    assert any("'First' of a" in line for line in plan.lines(found))


@on_postgresql
def test_a_transaction_that_is_open_for_long_is_named(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LONG_TRANSACTION", 0)
    with psycopg.connect(database_url().replace("postgres://", "postgresql://", 1)) as idle:
        idle.execute("SELECT 1")
        assert any(f"Process {idle.info.backend_pid} " in line for line in plan.collect().warnings)


@on_postgresql
def test_what_the_upgrade_itself_holds_is_not_named_as_in_its_way(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LONG_TRANSACTION", 0)
    with runner.alone():
        assert not [line for line in plan.collect().warnings if line.startswith("Process ")]
        monkeypatch.setattr(batches, "PATIENCE_SECONDS", -1)
        with pytest.raises(CommandError, match=r"others hold rows .*\(of no open transaction\)"):
            batches.come_back(connection, "backfill", lambda: [1], lambda _: 0)


def test_a_disk_without_room_stops_the_upgrade(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1000, 999, 1))
    # Who may not read the server's settings does not know where its disk is.
    with granted("pg_read_all_settings"):
        assert any("make room" in line for line in plan.collect().hindrances)


def test_an_upgrade_under_way_is_not_stopped_for_the_room_that_it_has_taken(
    old: Old, migrate: Migrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate("0009_add_profile_fields")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1000, 999, 1))
    with granted("pg_read_all_settings"):
        found = plan.collect()
    assert (found.state, found.hindrances) == ("upgrading", [])
    assert any("it is under way" in line for line in found.warnings)


@contextmanager
def granted(role: str) -> Iterator[None]:
    """The test's own role is a member of `role`; on SQLite there are none."""
    if connection.vendor != "postgresql":
        yield
        return
    own = connection.settings_dict["USER"]
    with postgres.administrator(str(connection.settings_dict["NAME"])) as admin:
        admin.execute(f"GRANT {role} TO {own}")
        try:
            yield
        finally:
            admin.execute(f"REVOKE {role} FROM {own}")


@contextmanager
def another_role(*rights: str) -> Iterator[None]:
    """The connection speaks for a role of its own that has been granted `rights`."""
    name = str(connection.settings_dict["NAME"])
    with postgres.administrator(name) as admin, connection.cursor() as cursor:
        admin.execute("CREATE ROLE simlane_guest")
        try:
            admin.execute(f"GRANT simlane_guest TO {connection.settings_dict['USER']}")
            for right in rights:
                admin.execute(f"GRANT {right} TO simlane_guest")
            cursor.execute("SET ROLE simlane_guest")
            yield
        finally:
            cursor.execute("RESET ROLE")
            admin.execute("DROP OWNED BY simlane_guest")
            admin.execute("DROP ROLE simlane_guest")


@on_postgresql
def test_a_database_user_who_does_not_own_the_tables_is_stopped(old: Old) -> None:
    with another_role("SELECT ON ALL TABLES IN SCHEMA public"):
        assert any("does not own" in line for line in plan.collect().hindrances)


@on_postgresql
def test_who_may_not_see_the_replicas_cannot_ask_to_wait_for_them(transactional_db: None) -> None:
    with another_role("pg_monitor"):
        assert Throttle(max_replica_lag=1.0).hindrance() is None
    with another_role():
        assert "GRANT pg_monitor TO simlane_guest" in str(Throttle(max_replica_lag=1.0).hindrance())
        assert Throttle(pause_ms=5).hindrance() is None


@on_postgresql
def test_the_throttle_gives_way_to_a_slow_database_and_to_nothing_else(transactional_db: None) -> None:
    assert Throttle().reason() is None
    assert Throttle(max_replica_lag=1.0, max_latency_ms=60_000).reason() is None
    assert "a read by key takes" in str(Throttle(max_latency_ms=0.0).reason())


def test_progress_is_lines_when_piped(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from io import StringIO

    from django.core.management.base import OutputWrapper

    monkeypatch.setattr("simlane.web.progress.LINE_EVERY", 0.0)
    out = StringIO()
    with progress.Watch(OutputWrapper(out), Throttle()) as watch:
        watch("backfill", 500)
        watch("backfill", 250)
    assert "backfill: 750 of 500 rows" in out.getvalue()
    assert "backfill: 750 rows, " in out.getvalue()


def test_the_guide_lists_every_slug_and_key_that_counts() -> None:
    guide = Path("docs/upgrade.md").read_text()
    table = guide[guide.index("<!-- platforms -->") : guide.index("<!-- end platforms -->")]
    rows = [row for row in table.splitlines() if row.startswith("| `")]
    assert rows == [
        f"| `{known.slug}`{_older(known.aliases)} | {', '.join(f'`{key}`' for key in known.legacy_keys)} "
        f"| {KINDS[IdentifierKind(known.kind)].looks_like} |"
        for known in KNOWN_SIMULATORS
    ]


def _older(slugs: tuple[str, ...]) -> str:
    return f" ({', '.join(f'`{slug}`' for slug in slugs)})" if slugs else ""
