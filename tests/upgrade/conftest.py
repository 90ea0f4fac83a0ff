"""The old release beside the new one, on the test's database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.sim.migrations.conftest import migrate, old  # noqa: F401 - fixtures

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer: it is upgraded while nobody serves"
)


def database_url() -> str:
    """The test's database, for another process."""
    given = settings.DATABASES["default"]
    name = connection.settings_dict["NAME"]
    return f"postgres://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{name}"


class OldRelease:
    """A running old release: `old_release.add(user, "iracing", "Name", {})`. An error it meets is raised."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def __getattr__(self, page: str) -> Any:
        def ask(*arguments: object) -> Any:
            assert self.process.stdin
            assert self.process.stdout
            self.process.stdin.write(json.dumps([page, *arguments]) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
            assert "error" not in answer, answer["error"]
            return answer["answer"]

        return ask


@pytest.fixture
def old_release(transactional_db: None) -> Iterator[OldRelease]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.legacy_release"],
        env=os.environ | {"LEGACY_DATABASE_URL": database_url()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield OldRelease(process)
        assert process.stdin
        process.stdin.close()
