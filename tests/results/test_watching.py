"""Folders are watched: each result file comes in once, whole, however it got there. Nothing here waits for a time."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError

from simlane.results import importer, watching
from simlane.results.importer import Importer
from simlane.results.models import ResultFile, Way
from simlane.results.report import Report
from simlane.results.watching import Watcher
from simlane.sim.models import Event, League, Session
from tests import databases
from tests.results.builders import acc_document, iracing_document
from tests.results.server_files import BEGAN, ams2_document, ams2_event, ams2_result, ams2_stage
from tests.soak import times

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]
LONGEST = 120.0


class Watched:
    """A watcher in the test's own thread, whose files another thread writes, and what it told so far."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.imported = self.known = 0
        self.files: list[Path] = []
        self.refused: list[str] = []
        self.troubles: list[str] = []
        self._changed = threading.Condition()
        make = partial(Importer, way=Way.FOLDER, league=options.pop("league", None))
        self._watcher = Watcher(
            [folder], make, told=self._tell, trouble=self._trouble, **{"quiet": 0.2, "patience": 0.4} | options
        )

    def run(self, write: Callable[[], None]) -> None:
        """Runs until `write` has returned, in a thread of its own; raises what it raised."""
        failures: list[BaseException] = []

        def work() -> None:
            try:
                write()
            except BaseException as failure:
                failures.append(failure)
            finally:
                self._watcher.stop()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            self._watcher.run()
        finally:
            thread.join()
        if failures:
            raise failures[0]

    def until(self, state: Callable[[], bool]) -> None:
        """Waits until the watcher has told of that state."""
        with self._changed:
            assert self._changed.wait_for(state, LONGEST), (self.imported, self.known, self.refused, self.troubles)

    def _tell(self, paths: list[Path], report: Report) -> None:
        with self._changed:
            self.files += paths
            self.imported += report.imported
            self.known += report.unchanged
            self.refused += [f"{label}: {error}" for label, error in report.refused]
            self._changed.notify_all()

    def _trouble(self, trouble: str) -> None:
        with self._changed:
            self.troubles.append(trouble)
            self._changed.notify_all()


def race(number: int = 1) -> bytes:
    return json.dumps(iracing_document(subsession_id=number)).encode()


def slowly(path: Path, data: bytes, pieces: int = 5) -> None:
    """Writes a file as a slow server does, each piece at once on its way to the disk."""
    with path.open("wb") as file:
        for start in range(0, len(data), len(data) // pieces + 1):
            file.write(data[start : start + len(data) // pieces + 1])
            file.flush()
            os.fsync(file.fileno())


def test_files_wait_while_the_site_cannot_keep_them(tmp_path: Path, settings: Any) -> None:
    (place := tmp_path / "kept").touch()
    kept = {"BACKEND": "simlane.results.keeping.Folder", "OPTIONS": {"location": place}}
    settings.STORAGES = {**settings.STORAGES, "results": kept}
    (folder := tmp_path / "watched").mkdir()
    watched = Watched(folder)

    def write() -> None:
        (folder / "one.json").write_bytes(race(1))
        watched.until(lambda: bool(watched.troubles))
        place.unlink()
        watched.until(lambda: watched.imported == 1)

    watched.run(write)
    assert (watched.refused, "cannot be kept" in watched.troubles[0]) == ([], True)


@pytest.mark.parametrize("polling", [False, True])
def test_it_works(tmp_path: Path, polling: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "POLL_MS", 50)
    watched = Watched(tmp_path, polling=polling)
    (tmp_path / "before.json").write_bytes(race(1))

    def write() -> None:
        watched.until(lambda: watched.imported == 1)
        (tmp_path / "server").mkdir()
        slowly(tmp_path / "server" / "slow.json", race(2))
        watched.until(lambda: watched.imported == 2)

    watched.run(write)
    assert (watched.imported, watched.known, watched.refused) == (2, 0, [])
    assert set(ResultFile.objects.values_list("way", flat=True)) == {Way.FOLDER}


def test_half_a_file_is_waited_for(tmp_path: Path) -> None:
    """Its writer goes on only when the half has been tried, and could not be read."""
    tried = threading.Event()
    watched = Watched(tmp_path, patience=LONGEST)
    settle = watched._watcher._settle

    def noted(taken: list[Path], report: Report) -> None:
        settle(taken, report)
        tried.set()

    watched._watcher._settle = noted  # type: ignore[method-assign]
    data = race()

    def write() -> None:
        with (tmp_path / "x.json").open("wb") as file:
            file.write(data[:100])
            file.flush()
            assert tried.wait(LONGEST)
            file.write(data[100:])
        watched.until(lambda: watched.imported == 1)

    watched.run(write)
    assert watched.refused == []


def test_what_cannot_be_read_is_refused_once_and_read_again_when_it_changes(tmp_path: Path) -> None:
    watched = Watched(tmp_path)

    def write() -> None:
        (tmp_path / "bad.json").write_bytes(b"{")
        (tmp_path / "notes.txt").write_bytes(b"nothing")
        watched.until(lambda: len(watched.refused) == 1)
        # By the time another has come in, the bad one would have been told of again.
        (tmp_path / "good.json").write_bytes(race())
        watched.until(lambda: watched.imported == 1)
        (tmp_path / "bad.json").write_bytes(race(2))
        watched.until(lambda: watched.imported == 2)

    watched.run(write)
    (refused,) = watched.refused
    assert refused.startswith(f"{tmp_path / 'bad.json'}: ")
    assert len(watched.files) == 3


def test_what_is_renamed_or_moved_is_known_and_what_is_moved_in_comes_in(tmp_path: Path) -> None:
    folder, outside = tmp_path / "in", tmp_path / "out"
    for path in (folder, outside / "night"):
        path.mkdir(parents=True)
    watched = Watched(folder)

    def write() -> None:
        slowly(folder / "x.json.part", race(1))
        (folder / "x.json.part").rename(folder / "x.json")
        watched.until(lambda: watched.imported == 1)
        (folder / "x.json").rename(folder / "y.json")
        watched.until(lambda: watched.known == 1)
        (outside / "night" / "z.json").write_bytes(race(2))
        (outside / "night").rename(folder / "night")
        watched.until(lambda: watched.imported == 2)

    watched.run(write)
    assert (watched.imported, watched.known, watched.refused) == (2, 1, [])


def test_a_log_that_grows_is_read_again(tmp_path: Path) -> None:
    log = tmp_path / "sms_stats_data.json"
    watched = Watched(tmp_path)

    def write() -> None:
        log.write_text(json.dumps(ams2_document(ams2_event())))
        watched.until(lambda: watched.imported == 1)
        stages = {"race1": ams2_stage(ams2_result(FastestLapTime=89_000), begins=BEGAN + 86_400)}
        rotated = tmp_path / "new.part"
        rotated.write_text(json.dumps(ams2_document(ams2_event(), ams2_event(stages=stages))))
        rotated.replace(log)
        watched.until(lambda: watched.imported == 2)

    watched.run(write)
    assert watched.refused == []
    assert Session.objects.count() == 2


def test_a_watcher_that_is_started_again_finds_what_came_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_bytes(race(1))
    first = Watched(tmp_path)
    first.run(lambda: first.until(lambda: first.imported == 1))
    (tmp_path / "2.json").write_bytes(race(2))
    again = Watched(tmp_path)
    again.run(lambda: again.until(lambda: again.imported + again.known == 2))
    assert (again.imported, again.known) == (1, 1)


def test_results_are_the_leagues(tmp_path: Path) -> None:
    league = League.objects.create(name="Night", slug="night")
    (tmp_path / "260301_203000_R.json").write_text(json.dumps(acc_document()))
    watched = Watched(tmp_path, league=league)
    watched.run(lambda: watched.until(lambda: watched.imported == 1))
    assert Event.objects.get().league == league


def test_files_wait_for_a_database_that_fails_which_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "AGAIN", 0.0)
    real, calls = importer.store, []

    def failing(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) < 3:
            raise OperationalError("the server is away")
        return real(*arguments)

    monkeypatch.setattr(importer, "store", failing)
    (tmp_path / "x.json").write_bytes(race())
    watched = Watched(tmp_path)
    watched.run(lambda: watched.until(lambda: watched.imported == 1))
    assert (len(calls), len(watched.troubles)) == (3, 1)
    assert "the server is away" in watched.troubles[0]


def test_a_folder_that_goes_and_comes_back_is_watched_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "ANEW", 0.0)
    folder = tmp_path / "in"
    folder.mkdir()
    watched = Watched(folder)

    def write() -> None:
        (folder / "1.json").write_bytes(race(1))
        watched.until(lambda: watched.imported == 1)
        folder.rename(tmp_path / "away")
        watched.until(lambda: len(watched.troubles) == 1)
        (tmp_path / "away" / "2.json").write_bytes(race(2))
        (tmp_path / "away").rename(folder)
        watched.until(lambda: watched.imported == 2)

    watched.run(write)
    assert watched.refused == []


@pytest.mark.soak
def test_of_many_files_copied_moved_and_rewritten_each_comes_in_once(tmp_path: Path) -> None:
    count, draw = times(60, soak=2000), random.Random(1)
    folder, outside = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    outside.mkdir()
    watched = Watched(folder)

    def write() -> None:
        for number in range(1, count + 1):
            path = folder / f"{number}.json"
            if number % 3 == 0:
                (outside / path.name).write_bytes(race(number))
                (outside / path.name).rename(path)
            else:
                slowly(path, race(number), pieces=3)
            older = draw.randrange(1, number + 1)
            for there in folder.glob(f"{older}[.-]*"):
                if number % 5 == 0:
                    there.rename(folder / f"{older}-moved-{number}.json")
                elif number % 7 == 0:
                    slowly(there, race(older))
        watched.until(lambda: watched.imported == count)

    watched.run(write)
    assert (watched.imported, watched.refused) == (count, [])
    assert ResultFile.objects.count() == Event.objects.count() == count


@contextmanager
def command(tmp_path: Path, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """`manage.py watch_results` on a site of its own."""
    environment = os.environ | {"VAR_DIR": str(tmp_path), "HTTPS": "0", "SECRET_KEY": "x" * 60}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    databases.copy_file(databases.NEWEST, tmp_path / "simlane.sqlite3")
    with subprocess.Popen(
        [sys.executable, "manage.py", "watch_results", str(folder)],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_what_came_in_and_ends_when_it_is_told_to(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "x.json").write_bytes(race())
    with command(tmp_path, folder) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith(f"Watching {folder}")
        assert child.stdout.readline() == f"imported {folder / 'x.json'}\n"
        child.send_signal(number)
        assert child.wait(60) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "No such folder: nowhere"),
        ([".", "--league", "none"], "No league has the address none"),
        ([".", "--league", "over"], "Over is archived"),
        ([".", "--timezone", "Nowhere"], "'Nowhere' is no time zone"),
    ],
)
def test_the_command_does_not_start_without_a_place_for_results(arguments: list[str], says: str) -> None:
    League.objects.create(name="Over", slug="over", archived_at="2026-01-01T00:00Z")
    with pytest.raises(CommandError, match=says):
        call_command("watch_results", *arguments)
