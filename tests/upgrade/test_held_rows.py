"""Rows that others hold for long are passed by and come last: the batches go on meanwhile."""

from __future__ import annotations

import time

import psycopg

from tests.upgrade.conftest import Install, on_postgresql

pytestmark = on_postgresql
HELD = 15
UNTIL_SECONDS = 90
PROFILES_LEFT = "SELECT count(*) FROM sim_simprofile WHERE profile_identifier = ''"


def wait_until_left(site: Install, left: str, count: int) -> None:
    until = time.monotonic() + UNTIL_SECONDS
    while site.query(left) != [(count,)]:
        assert time.monotonic() < until, site.query(left)
        time.sleep(0.05)


#: Each backfill: the step before it, itself, its table, and what is left to do.
STEPS = [
    (("sim", "0009"), ("sim", "0010"), "sim_simprofile", PROFILES_LEFT),
    (("sim", "0018"), ("sim", "0019"), "sim_simprofile", "SELECT count(*) FROM sim_simprofile WHERE name_key = ''"),
    (("users", "0002"), ("users", "0003"), "users_user", "SELECT count(*) FROM users_user WHERE search_key = ''"),
]


def test_only_the_rows_that_others_hold_wait_for_them(legacy_install: Install) -> None:
    for before, step, table, left in STEPS:
        legacy_install.call("migrate", *before, "-v0")
        with psycopg.connect(legacy_install.url.replace("postgres://", "postgresql://", 1)) as holder:
            held = holder.execute(
                f"""SELECT id FROM {table} WHERE id IN (SELECT id FROM {table} ORDER BY md5(id::text) LIMIT {HELD})
                FOR NO KEY UPDATE"""
            ).fetchall()
            assert len(held) == HELD
            process = legacy_install.start("migrate", *step, "-v0")
            wait_until_left(legacy_install, left, HELD)
            assert process.poll() is None
        output = process.communicate(timeout=UNTIL_SECONDS)[0]
        assert process.returncode == 0, output
        assert legacy_install.query(left) == [(0,)]


def test_a_row_that_is_changed_while_it_is_held_keeps_the_change(legacy_install: Install) -> None:
    legacy_install.call("migrate", "sim", "0009", "-v0")
    with psycopg.connect(legacy_install.url.replace("postgres://", "postgresql://", 1)) as holder:
        key = holder.execute(
            """SELECT p.id FROM sim_simprofile p JOIN sim_simulator s ON s.id = p.simulator_id
            WHERE s.slug = 'iracing' LIMIT 1 FOR NO KEY UPDATE OF p"""
        ).fetchone()
        assert key
        process = legacy_install.start("migrate", "sim", "0010", "-v0")
        wait_until_left(legacy_install, PROFILES_LEFT, 1)
        # As the old release saves a row: the batch must not put back what it read before.
        holder.execute(
            """UPDATE sim_simprofile SET user_id = user_id, profile_data = '{"cust_id": 987654321}' WHERE id = %s""",
            key,
        )
    output = process.communicate(timeout=UNTIL_SECONDS)[0]
    assert process.returncode == 0, output
    legacy_install.call("migrate", "sim", "0011", "-v0")
    assert legacy_install.query(f"SELECT profile_identifier FROM sim_simprofile WHERE id = '{key[0]}'") == [
        ("987654321",)
    ]
