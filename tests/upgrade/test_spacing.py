"""Strong locks are asked for one at a time, with time between for those who queued."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from simlane.upgrade.spacing import PAUSE_SECONDS, STRONG, Spacing
from tests.upgrade.conftest import on_postgresql


@pytest.mark.parametrize(
    ("sql", "strong"),
    [
        ("ALTER TABLE sim_simprofile ADD CONSTRAINT x CHECK (true) NOT VALID", True),
        ('ALTER TABLE "sim_simprofile" VALIDATE CONSTRAINT "x"', False),
        ("CREATE OR REPLACE TRIGGER x BEFORE DELETE ON sim_simprofile", True),
        ("\n DROP TRIGGER IF EXISTS x ON sim_simprofile", True),
        ("CREATE UNIQUE INDEX CONCURRENTLY x ON sim_simprofile (id)", False),
        ("CREATE INDEX x ON sim_simprofile (id)", True),
        ("LOCK TABLE sim_simprofile IN ACCESS EXCLUSIVE MODE", True),
        ("CREATE OR REPLACE FUNCTION x() RETURNS trigger", False),
        ("UPDATE sim_simprofile SET is_verified = true", False),
    ],
)
def test_what_makes_others_wait_is_known(sql: str, strong: bool) -> None:
    assert bool(STRONG.match(sql)) is strong


@on_postgresql
def test_between_two_of_them_others_get_through_but_not_inside_a_transaction(transactional_db: None) -> None:
    ends: list[tuple[float, float]] = []
    comment = "ALTER TABLE sim_simulator ALTER COLUMN name SET STATISTICS -1"

    def timed(execute: Callable[..., Any], *arguments: Any) -> Any:
        started = time.monotonic()
        result = execute(*arguments)
        # A change of what pages show writes their version beside it.
        if arguments[0] in {comment, "SELECT 1"}:
            ends.append((started, time.monotonic()))
        return result

    with connection.execute_wrapper(Spacing()), connection.execute_wrapper(timed), connection.cursor() as cursor:
        cursor.execute(comment)
        cursor.execute("SELECT 1")
        with transaction.atomic():
            cursor.execute(comment)
            cursor.execute(comment)
    first, plain, second, third = ends
    assert plain[0] - first[1] < PAUSE_SECONDS
    assert second[0] - first[1] >= PAUSE_SECONDS
    assert third[0] - second[1] < PAUSE_SECONDS
