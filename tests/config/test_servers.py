"""Which replicas hold all that is known of a primary, on real servers."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, connections
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from simlane.config import outage, servers
from simlane.config.reads_only import ReadsOnlyMiddleware
from simlane.config.servers import PAGE, Replica
from tests.config.replicated import REPLICA, Site, connection


def test_a_log_that_goes_on_with_a_new_file_leaves_no_replica_behind(site: Site) -> None:
    # Where the next record goes is then past the head of a page, and nothing has been written there.
    site.on_primary("SELECT pg_switch_wal()")
    needed = servers.written()
    end = site.on_primary("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
    site.until(lambda: site.on_replica(f"SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn >= {end}") is True)
    replayed = site.on_replica("SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn")
    assert isinstance(replayed, Decimal)
    assert needed <= replayed


def test_without_a_primary_a_replica_is_read_that_has_all_it_said_it_wrote(site: Site) -> None:
    found = servers.servers()
    site.until(lambda: bool(found.without_primary()))
    # As if it had said so before it went.
    found.primary.written += 1_000_000
    assert not found.without_primary()
    found.primary.written -= 1_000_000
    assert found.without_primary(found.primary.written)
    assert not found.without_primary(found.primary.written + 1_000_000)


@pytest.mark.usefixtures("paused")
def test_without_a_primary_a_replica_is_read_that_has_replayed_what_any_was_sent(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = servers.servers()
    # By somebody else: this process was not told.
    before = found.primary.written
    site.on_primary("INSERT INTO note VALUES (1) RETURNING 1")
    written = site.on_primary("SELECT pg_current_wal_insert_lsn()")
    site.until(lambda: site.on_replica(f"SELECT pg_last_wal_receive_lsn() >= '{written}'") is True)
    # What was seen before that tells nothing of what was sent since.
    monkeypatch.setattr(servers, "ALONE_EVERY", 60.0)
    monkeypatch.setattr(outage, "lost_at", time.monotonic())
    assert not found.without_primary()
    assert found.primary.written == before
    sent = found.primary.besides
    assert sent > before
    # It is promoted, and says no more how far it was: the others must have it all the same.
    found.replicas.clear()
    found.without_primary()
    assert found.primary.besides == sent


def test_what_was_seen_before_the_primary_went_is_not_enough(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    found = servers.servers()
    site.until(lambda: bool(found.without_primary()))
    monkeypatch.setattr(outage, "lost_at", time.monotonic())
    # Another request looks, and waits for the answer.
    with found.replicas[0]._lock:
        assert not found.without_primary()
    assert found.without_primary()


def test_a_stream_that_was_cut_in_a_record_is_replayed_up_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "EVERY", 60.0)
    now = time.monotonic()
    cut = Replica(REPLICA, replayed=3 * PAGE - 100, received=3 * PAGE, stands_since=now)
    # It may be on its way.
    assert (cut.holds, cut.is_settled) == (3 * PAGE - 100, False)
    cut.stands_since = now - 61
    assert cut.is_settled
    behind = Replica(REPLICA, replayed=3 * PAGE - 100, received=3 * PAGE + 8, stands_since=now - 61)
    assert (behind.holds, behind.is_settled) == (3 * PAGE + 8, True)


def test_who_has_not_heard_of_the_primary_for_long_reads_no_replica_alone(site: Site) -> None:
    found = servers.servers()
    site.until(lambda: bool(found.without_primary()))
    assert found.primary.said_at is not None
    found.primary.said_at -= servers.REMEMBERED + 1
    assert not found.without_primary()
    found.primary.said_at = None
    assert not found.without_primary()


def test_what_waits_for_the_primary_is_ended_and_no_reader_of_a_replica(site: Site) -> None:
    assert site.get().reads_replica
    site.post()
    outage._end_waits()
    assert connections[REPLICA].is_usable()
    assert not connections["default"].is_usable()
    connections["default"].close()


def test_without_a_primary_the_next_replica_is_read_when_one_goes(
    site: Site, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[str] = []
    monkeypatch.setattr(outage, "is_away", lambda: True)
    monkeypatch.setattr(outage, "_note_away", lambda: noted.append("away"))
    monkeypatch.setattr(servers, "EVERY", 60.0)
    found = servers.servers()
    other = Replica("replica2")
    found.replicas.append(other)
    connections["replica2"] = connection(site.replica, "replica2")
    read: list[str] = []

    def answer(request: HttpRequest) -> HttpResponse:
        if not getattr(request, outage.READS_ONLY, False):
            return outage.unavailable(outage.AWAY)
        read.append(connections["default"].alias)
        try:
            with connections["default"].cursor() as cursor:
                if len(read) == 1:
                    cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                cursor.execute("SELECT 1")
        except Error as error:
            return outage.answer(error) or HttpResponse(status=500)
        return HttpResponse()

    try:
        assert ReadsOnlyMiddleware(answer)(RequestFactory().get("/")).status_code == 200
        assert sorted(read) == [REPLICA, "replica2"]
        assert [each.is_away for each in found.replicas if each.alias == read[0]] == [True]
        assert connections["default"].alias == "default"
        # It says nothing of the primary, which may be back.
        assert not noted
    finally:
        connections["replica2"].close()
        del connections["replica2"]
