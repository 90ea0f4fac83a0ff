"""Reads go to a real streaming replica, and to the primary for whoever would see too little there."""

from __future__ import annotations

import threading

import pytest
from django.db import Error, connections

from simlane.config import replicas, servers
from simlane.config.pages import versions
from simlane.config.replicas import Router
from simlane.sim.models import Event
from simlane.users.models import User
from tests.config.replicated import REPLICA, Site


@pytest.mark.usefixtures("paused")
def test_who_has_written_reads_from_the_primary_until_the_replica_has_it(site: Site) -> None:
    before = site.get()
    written = site.post()
    own, others = site.get(written), site.get()
    assert (own.reads_replica, own.count) == (False, before.count + 1)
    assert others.count == before.count or not others.reads_replica
    site.on_replica("SELECT pg_wal_replay_resume()")
    site.until(lambda: site.get(written).reads_replica)
    assert site.get(written).count == before.count + 1


@pytest.mark.usefixtures("paused")
def test_a_replica_that_is_too_far_behind_is_not_read(site: Site) -> None:
    site.post()
    # The look that finds the primary further on, and the one that asks the replica to be there.
    site.get()
    site.get()
    assert not site.get().reads_replica
    site.on_replica("SELECT pg_wal_replay_resume()")
    site.until(lambda: site.get().reads_replica)


def test_a_page_that_is_kept_is_read_where_it_is_as_at_the_primary(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    # The replica counts as near enough from here on.
    monkeypatch.setattr(servers, "EVERY", 60.0)
    now = versions.read(versions.LISTS)
    assert site.get(page=versions.LISTS, version=now).reads_replica
    assert not site.get(page=versions.LISTS, version="[(0, 5)]").reads_replica


def test_within_a_transaction_and_for_accounts_the_primary_is_read(site: Site) -> None:
    from django.db import transaction

    token = replicas._chosen.set(REPLICA)
    try:
        assert Router().db_for_read(Event) == REPLICA
        assert Router().db_for_read(User) is None
        with transaction.atomic():
            assert Router().db_for_read(Event) is None
    finally:
        replicas._chosen.reset(token)
    assert Router().db_for_write(Event) == "default"
    assert not Router().allow_migrate(REPLICA, "sim")


def test_a_replica_that_goes_while_it_is_read_costs_nobody_the_page(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def goes() -> None:
        site.before_reading = lambda: None
        site.on_replica("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    site.before_reading = goes
    assert not site.get().reads_replica
    assert "replica1 does not answer, others are read" in caplog.text
    # It has only lost its connections.
    site.until(lambda: site.get().reads_replica)
    assert "replica1 is back" in caplog.text


def test_a_statement_that_is_wrong_is_no_replica_that_is_gone(site: Site) -> None:
    def wrong() -> None:
        with connections[REPLICA].cursor() as cursor:
            cursor.execute("SELECT nothing_like_it")

    site.before_reading = wrong
    with pytest.raises(Error, match="nothing_like_it"):
        site.get()


def test_what_a_replica_ends_to_follow_the_primary_is_read_there(site: Site) -> None:
    site.on_replica("ALTER SYSTEM SET max_standby_streaming_delay = 0")
    site.on_replica("SELECT pg_reload_conf()")

    def is_in_the_way() -> None:
        site.before_reading = lambda: None
        follower = threading.Thread(target=truncate)
        follower.start()
        try:
            with connections[REPLICA].cursor() as cursor:
                cursor.execute("SELECT pg_sleep(60) FROM note LIMIT 1")
        finally:
            follower.join()

    def truncate() -> None:
        site.until(lambda: site.on_replica("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == 1)
        site.on_primary("TRUNCATE note")

    site.post()
    site.before_reading = is_in_the_way
    answer = site.get()
    assert (answer.reads_replica, answer.count) == (False, 0)
