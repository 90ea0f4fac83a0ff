"""Every kind of lost write is found: what the clients were told is compared with the database."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from simlane.sim.models import Event, LegacyProfile, SimProfile, Simulator
from simlane.upgrade.rehearsal.copy import Copy
from simlane.upgrade.rehearsal.journal import lost_writes
from simlane.upgrade.rehearsal.new_client import NewClient
from simlane.users.models import User
from tests.upgrade.conftest import database_url, on_postgresql
from tests.waiting import wait_until

pytestmark = on_postgresql
STARTS = datetime(2026, 5, 1, 20, tzinfo=UTC)


@pytest.fixture
def copy(transactional_db: None, tmp_path: Path) -> Iterator[Copy]:
    yield Copy(database_url(), tmp_path)
    connection.close()


@pytest.fixture
def profile(copy: Copy) -> SimProfile:
    iracing = Simulator.objects.get(slug="iracing")
    return SimProfile.objects.create(simulator=iracing, profile_name="Alice", profile_identifier="5", name_key="alice")


@pytest.fixture
def event(copy: Copy) -> Event:
    return Event.objects.create(
        simulator=Simulator.objects.get(slug="iracing"), name="Round 1", starts_at=STARTS, listed_at=STARTS
    )


def lost(copy: Copy, *lines: tuple[str, object, dict[str, Any]]) -> list[str]:
    journal = copy.directory / "client-0-old.jsonl"
    journal.write_text("".join(json.dumps(line) + "\n" for line in (["ready"], *lines, ["time", "read", 1, 2, ""])))
    found, acknowledged = lost_writes(copy, [journal])
    assert acknowledged == len(lines)
    return found


def test_what_is_there_is_not_lost(copy: Copy, profile: SimProfile, event: Event) -> None:
    key = str(profile.pk)
    assert not lost(
        copy,
        ("done", key, {"profile_name": "Before"}),
        ("done", key, {"profile_name": "Alice", "linked_user_id": None}),
        ("event", event.pk, {"name": "Round 1", "starts_at": STARTS.timestamp()}),
        ("done", str(uuid4()), {"deleted": True}),
        ("event", event.pk + 1, {"deleted": True}),
    )


def test_each_kind_of_loss_is_seen(copy: Copy, profile: SimProfile, event: Event) -> None:
    key, gone = str(profile.pk), str(uuid4())
    Event.objects.filter(pk=event.pk).update(listed_at=datetime(2026, 6, 1, tzinfo=UTC))
    found = lost(
        copy,
        ("done", key, {"profile_name": "Alicia"}),
        ("done", gone, {"profile_name": "Bob"}),
        ("event", event.pk, {"starts_at": 0.0}),
        ("event", event.pk + 1, {"name": "Round 2"}),
    )
    assert len(found) == 5
    assert f"{key}: profile_name is 'Alice', acknowledged was 'Alicia'" in found
    assert f"{gone} is gone" in found
    assert any(line.startswith(f"{event.pk}: listed") for line in found)
    assert lost(copy, ("done", key, {"deleted": True})) == [f"{key} was deleted and is there"]


def test_a_verification_from_before_the_backfill_is_in_its_note(copy: Copy, profile: SimProfile) -> None:
    LegacyProfile.objects.create(profile_id=profile.pk, is_verified=True, upgraded_is_verified=False)
    assert not lost(copy, ("done", str(profile.pk), {"is_verified": True}))
    LegacyProfile.objects.update(is_verified=False)
    assert lost(copy, ("done", str(profile.pk), {"is_verified": True}))


def test_a_new_driver_of_the_new_release_never_stands_there_without_a_name(copy: Copy) -> None:
    User.objects.create_user("alice")
    client = NewClient(1, 0)
    client.prepare()

    def refuse_names(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith('INSERT INTO "sim_profilename"'):
            raise InterruptedError
        return execute(sql, *arguments)

    with connection.execute_wrapper(refuse_names), pytest.raises(InterruptedError):
        client.appear()
    assert not SimProfile.objects.exists()


#: Starts a client that writes into a file, waits for its first line, says its process number, and dies.
KILLED_REHEARSAL = """
import os, subprocess, sys, time
with open(os.path.join(os.environ["VAR_DIR"], "lines"), "wb") as lines:
    client = subprocess.Popen(
        [sys.executable, "-u", "-m", "simlane.upgrade.rehearsal", "new", "1", "0.01"],
        stdout=lines,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "simlane.config.settings"},
    )
    while not os.path.getsize(lines.name) and client.poll() is None:
        time.sleep(0.02)
print(client.pid, flush=True)
os._exit(9)
"""


def test_a_client_ends_with_the_rehearsal_that_started_it(copy: Copy, profile: SimProfile) -> None:
    User.objects.create_user("alice")
    rehearsal = copy.start("-c", KILLED_REHEARSAL, output=subprocess.PIPE)
    said, _ = rehearsal.communicate()
    client = Path("/proc", said.decode().strip())
    assert rehearsal.returncode == 9
    assert (copy.directory / "lines").read_text().startswith('["ready"]')
    wait_until(lambda: not client.exists() or "Z" in client.joinpath("stat").read_text().split()[2])
