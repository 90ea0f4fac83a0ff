"""Each measurement runs in a process of its own on a database of its own, which is removed afterwards."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests import postgres

DATABASES = ("postgresql", "sqlite")
#: As a small server would be set; durability is off, since the machine's disk is not what is measured.
SETTINGS = ("shared_buffers=1GB", "work_mem=32MB", "maintenance_work_mem=512MB", "random_page_cost=1.1")


def command_line(description: str | None) -> argparse.ArgumentParser:
    """What every bench's command has: the database, and the worker's options, which it gives itself."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    return parser


def chosen(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The databases to measure."""
    return DATABASES if arguments.database == "both" else (arguments.database,)


def measure(module: str, database: str, options: dict[str, Any]) -> Any:
    """Runs `module`'s worker on a fresh database and returns what it found."""
    with tempfile.TemporaryDirectory(prefix="simlane-bench-") as directory:
        if database == "sqlite":
            return work_on(module, {}, directory, options)
        with postgres.cluster(*SETTINGS) as server:
            return work_on(module, server.environment, directory, options)


def work_on(module: str, environment: dict[str, str], directory: str, options: dict[str, Any]) -> Any:
    """Runs `module`'s worker on the database that `environment` names and returns what it found."""
    found = Path(directory, "found.json")
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    own = {"DJANGO_SETTINGS_MODULE": "bench.settings", "VAR_DIR": directory, "HTTPS": "0", "LOG_LEVEL": "WARNING"}
    process = subprocess.run(
        [sys.executable, "-m", module, "--worker", json.dumps(options | {"found": str(found), "directory": directory})],
        env=kept | environment | own,
        check=False,
    )
    if process.returncode:
        sys.exit(f"bench: the measurement ended with status {process.returncode}, see above.")
    return json.loads(found.read_text())


def percentile(values: list[float], share: float) -> float:
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
