"""What `deploy/` says is checked by the programs that read it, where Debian has them, and against the site itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from simlane.monitoring import recording
from simlane.monitoring.metrics import PAGES

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
ALERTS, DASHBOARD = DEPLOY / "monitoring" / "alerts.yml", DEPLOY / "monitoring" / "grafana.json"
_NAME = re.compile(r"\bsimlane_\w+")


def checked(program: str, *arguments: str) -> str:
    """What the program says; it says that the file is right."""
    found = shutil.which(program, path="/usr/sbin:/usr/bin:/bin")
    if found is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize("path", [ALERTS, DASHBOARD, ROOT / "docs" / "monitoring.md"], ids=lambda path: path.name)
def test_whoever_watches_asks_for_metrics_that_there_are(path: Path, client: Client) -> None:
    recording.search(seconds=0.1, length=5, words=1, simulator="")
    PAGES.labels("made")
    client.get("/profiles/nothing-like-it/")
    given = client.get("/metrics").content.decode()
    # Of the kinds too: no sample is there before the old release was seen.
    known = set(_NAME.findall(given)) | {"simlane_upgrade_old_release_seen_timestamp_seconds"}
    assert set(_NAME.findall(path.read_text(encoding="utf-8"))) <= known


def test_the_dashboard_shows_every_metric() -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    asked = {name for panel in panels for target in panel["targets"] for name in _NAME.findall(target["expr"])}
    told = set(re.findall(r"^\| `(simlane_\w+)`", (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8"), re.M))
    assert {name.removesuffix("_bucket") for name in asked} == told
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_prometheus_takes_the_alerts() -> None:
    assert "SUCCESS" in checked("promtool", "check", "rules", str(ALERTS))


def test_haproxy_takes_its_configuration() -> None:
    checked("haproxy", "-c", "-f", str(DEPLOY / "cluster" / "haproxy.cfg"))


@pytest.mark.parametrize("unit", ["simlane-web@.service", "simlane-worker@.service"])
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    # The program that is started is not on this machine.
    text = (DEPLOY / "systemd" / unit).read_text(encoding="utf-8")
    (tmp_path / unit).write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.M))
    assert checked("systemd-analyze", "verify", str(tmp_path / unit.replace("@.", "@8000."))) == ""


def test_every_variable_that_is_set_is_one_the_site_reads() -> None:
    documented = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    block = compose.partition("environment: &environment")[2].partition("volumes:")[0]
    for text in (block, (DEPLOY / "systemd" / "simlane-web@.service").read_text(encoding="utf-8")):
        names = re.findall(r"^    ([A-Z_]+): ", text, re.M) + re.findall(r"\b([A-Z_]+)=\S*(?=[ \n])", text)
        for name in {each for each in names if each.isupper()}:
            assert f"`{name}`" in documented, name
