"""/metrics: for those who may, never cached, routes instead of paths, and the sum of all processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from simlane.monitoring import recording
from simlane.monitoring.processes import metrics_directory
from simlane.sim.models import OldReleaseWrite, SimProfile
from simlane.upgrade.models import UpgradeStep
from simlane.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]
ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = "203.0.113.7"


def test_programs_on_this_machine_and_staff_may_read_them(client: Client, staff: User, owner: User) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR=OUTSIDE).status_code == 403
    client.force_login(owner)
    assert client.get("/metrics", REMOTE_ADDR=OUTSIDE).status_code == 403
    client.force_login(staff)
    assert client.get("/metrics", REMOTE_ADDR=OUTSIDE).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_a_proxy_on_this_machine_lets_nobody_in(client: Client, settings: Any, header: str) -> None:
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 403
    settings.BEHIND_PROXY = True
    assert client.get("/metrics").status_code == 403


@pytest.mark.parametrize("address", ["", "unix", "10.0.0.1", "0.0.0.0"])
def test_no_other_address_is_this_machine(client: Client, address: str) -> None:
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 403


def test_with_a_token_only_the_token_opens(client: Client, settings: Any, staff: User) -> None:
    settings.METRICS_TOKEN = "s3cret"
    client.force_login(staff)
    for wrong in ["", "Bearer", "Bearer wrong", "Basic s3cret", "s3cret", "Bearer s3crét"]:
        answer = client.get("/metrics", headers={"Authorization": wrong})
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="metrics"'), wrong
    right = client.get("/metrics", headers={"Authorization": "Bearer s3cret"}, REMOTE_ADDR=OUTSIDE)
    assert right.status_code == 200
    assert right["Content-Type"].startswith("text/plain")


def test_get_only_never_cached_and_over_plain_http(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert client.post("/metrics").status_code == 405


def test_routes_are_counted_and_no_path_is_told(client: Client, alice: SimProfile) -> None:
    client.get(alice.get_absolute_url())
    client.get("/profiles/iracing/secret-path/")
    client.get("/users/sim-profiles/secret-path/")
    client.get("/secret-path/")
    client.generic("WEIRD", "/healthz")
    text = client.get("/metrics").content.decode()
    assert 'simlane_requests_total{method="GET",route="profiles:detail",status="2xx"}' in text
    assert 'simlane_requests_total{method="GET",route="profiles:detail",status="4xx"}' in text
    assert 'simlane_requests_total{method="other",route="healthz",status="4xx"}' in text
    assert 'simlane_missing_total{area="profiles"}' in text
    assert 'simlane_missing_total{area="legacy"}' in text
    assert 'simlane_request_seconds_bucket{le="0.1",route="profiles:detail"}' in text
    assert "simlane_search_seconds_count" in text
    for name, number in {"total": SimProfile.objects.count(), "linked": 0, "verified": 0, "private": 0}.items():
        metric = "simlane_profiles" if name == "total" else f"simlane_profiles_{name}"
        assert f"\n{metric} {float(number)}\n" in text
    assert "simlane_database_up 1.0" in text
    assert "secret-path" not in text
    assert "WEIRD" not in text


def test_the_upgrades_state_and_failed_steps_are_told(client: Client) -> None:
    text = client.get("/metrics").content.decode()
    assert 'simlane_upgrade_state{state="new"} 1.0' in text
    assert 'simlane_upgrade_state{state="window"} 0.0' in text
    assert "simlane_upgrade_steps_failed 0.0" in text
    assert "simlane_upgrade_old_release_seen" not in text
    cache.clear()
    seen_at = timezone.now()
    OldReleaseWrite.objects.create(seen_at=seen_at, statement="update")
    UpgradeStep.objects.create(name="contract", started_at=seen_at, failed=True)
    text = client.get("/metrics").content.decode()
    assert "simlane_upgrade_steps_failed 1.0" in text
    told = re.search(r"\nsimlane_upgrade_old_release_seen_timestamp_seconds (\S+)\n", text)
    assert told
    assert float(told[1]) == pytest.approx(seen_at.timestamp(), abs=0.01)


def test_without_a_database_the_other_figures_are_given(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("could not connect to secret.example.org")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/metrics")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "simlane_database_up 0.0" in text
    assert "simlane_requests_total" in text
    assert "secret" not in text


def test_each_process_gives_the_sum_of_all(tmp_path: Path) -> None:
    program = """
import django; django.setup()
from simlane.monitoring import metrics
metrics.count_request("profiles:detail", "GET", 200, 0.02)
print(metrics.exposition().decode())
"""
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(3)
    ]
    for number, text in enumerate(outputs, start=1):
        assert f'simlane_requests_total{{method="GET",route="profiles:detail",status="2xx"}} {float(number)}' in text
        assert f'simlane_request_seconds_count{{route="profiles:detail"}} {float(number)}' in text


def test_a_server_starts_with_figures_of_its_own_and_removes_those_of_ended_ones(tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    (left / "counter_1.db").write_bytes(b"old")
    first = metrics_directory(tmp_path)
    second = metrics_directory(tmp_path)
    assert not left.exists()
    assert first != second
    assert Path(first).is_dir(), "a server that runs lost its figures"


class Thread:
    """Starts nothing: lives until `die`, and cannot start while there are no threads."""

    made: ClassVar[list[Thread]] = []
    none_left = False

    def __init__(self, **options: Any) -> None:
        assert options["daemon"] is True
        self.lives = False

    def start(self) -> None:
        if self.none_left:
            raise RuntimeError("can't start new thread")
        self.lives = True
        self.made.append(self)

    def is_alive(self) -> bool:
        return self.lives


@pytest.fixture
def threads(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Thread]:
    settings.MONITORING_STORE_SECONDS = 10
    monkeypatch.setattr(recording.threading, "Thread", Thread)
    monkeypatch.setattr(recording.atexit, "register", lambda _: None)
    monkeypatch.setattr(recording, "_thread", None)
    monkeypatch.setattr(Thread, "made", [])
    return Thread


def test_a_process_has_one_thread_that_stores_and_another_when_it_died(threads: type[Thread]) -> None:
    for _ in range(3):
        recording._see_to_storing()
    (first,) = threads.made
    # As after a fork, too.
    first.lives = False
    for _ in range(3):
        recording._see_to_storing()
    assert len(threads.made) == 2


def test_counting_goes_on_without_a_thread(threads: type[Thread], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "none_left", True)
    recording.search(seconds=0.001, length=1, words=1, simulator="")
    assert not threads.made
    monkeypatch.setattr(threads, "none_left", False)
    recording.search(seconds=0.001, length=1, words=1, simulator="")
    assert len(threads.made) == 1
