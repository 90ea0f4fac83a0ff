"""Files that harm: each is one line of the report, and the good ones beside it come in."""

from __future__ import annotations

import io
import json
import os
import socket
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.core.management import CommandError, call_command

from simlane.results import files, importer
from simlane.results.models import ResultFile
from simlane.results.source import ResultFileError
from simlane.sim.models import Event
from tests import databases
from tests.config.served import environment
from tests.results.builders import acc_document, iracing_document

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]

GOOD = json.dumps(acc_document())
NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "results"
    path.mkdir()
    (path / "260301_203000_R.json").write_text(GOOD)
    return path


def run(*paths: Path, **options: object) -> tuple[int | None, list[str], list[str]]:
    """The command's exit status, its lines, and its lines of error."""
    out, err = StringIO(), StringIO()
    status = 0
    try:
        call_command("import_results", *map(str, paths), stdout=out, stderr=err, **options)
    except SystemExit as stopped:
        status = stopped.code  # type: ignore[assignment]
    return status, out.getvalue().splitlines(), err.getvalue().splitlines()


def refused(folder: Path) -> str:
    """The only line of error of an import that brings in the good file beside."""
    status, _, errors = run(folder)
    assert status == 1
    assert Event.objects.count() == 1
    (line,) = errors
    assert line.startswith("refused  ")
    assert line.isprintable()
    return line


def zipped(path: Path, *names: str, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name in names:
            archive.writestr(name, json.dumps(iracing_document()))
    return path.read_bytes()


def test_it_works(folder: Path) -> None:
    assert run(folder)[0] == 0


def test_a_named_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.json")
    assert "It is a named pipe, not a file" in refused(folder)


def test_an_archive_that_is_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.zip")
    assert "It is a named pipe, not a file" in refused(folder)


def test_a_socket_is_no_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.json")
        assert "It is a socket" in refused(folder)


def test_a_device_is_no_file(folder: Path) -> None:
    (folder / "zero.json").symlink_to("/dev/zero")
    assert "It is a device" in refused(folder)


def test_a_link_to_nowhere_cannot_be_read(folder: Path) -> None:
    (folder / "gone.json").symlink_to(folder / "nowhere")
    assert "cannot be read" in refused(folder)


def test_a_link_to_itself_cannot_be_read(folder: Path) -> None:
    (folder / "round.json").symlink_to(folder / "round.json")
    assert "cannot be read" in refused(folder)


def test_a_folder_named_like_a_file_is_a_folder(folder: Path) -> None:
    (folder / "more.json").mkdir()
    (folder / "archive.zip").mkdir()
    (folder / "more.json" / "league.json").write_text(json.dumps(iracing_document()))
    assert run(folder)[0] == 0
    assert Event.objects.count() == 2


def test_a_linked_folder_is_named_and_not_followed(folder: Path, tmp_path: Path) -> None:
    (folder / "again").symlink_to(folder)
    status, lines, _ = run(folder)
    assert status == 0
    assert any(line.startswith("skipped") and "again" in line for line in lines)


def test_a_folder_whose_path_is_too_long_is_one_line(folder: Path) -> None:
    parent = os.open(folder, os.O_RDONLY)
    for _ in range(22):
        os.mkdir("n" * 200, dir_fd=parent)
        inner = os.open("n" * 200, os.O_RDONLY, dir_fd=parent)
        os.close(parent)
        parent = inner
    os.close(parent)
    assert "The folder cannot be read: File name too long" in refused(folder)


@pytest.fixture
def no_administrator() -> Iterator[Path]:
    """A folder of somebody whom the system refuses things: its administrator may look into any."""
    own = os.geteuid()
    with TemporaryDirectory() as name:
        if own == 0:
            os.chown(name, NOBODY, -1)
            os.seteuid(NOBODY)
        try:
            yield Path(name)
        finally:
            os.seteuid(own)


def test_a_folder_that_may_not_be_looked_into_is_a_line_for_each_thing_in_it(no_administrator: Path) -> None:
    closed = no_administrator / "a"
    (closed / "b").mkdir(parents=True)
    (closed / "c.json").write_text(GOOD)
    (no_administrator / "good.json").write_text(GOOD)
    closed.chmod(stat.S_IRUSR)
    said: list[str] = []
    read = []
    for candidate in files.find([no_administrator], lambda label, error: said.append(f"{label}: {error}")):
        try:
            read.append(candidate.source().filename)
        except ResultFileError as error:
            said.append(f"{candidate.label}: {error}")
    closed.chmod(stat.S_IRWXU)
    assert ["Permission denied" in line for line in said] == [True, True]
    assert read == ["good.json"]


def test_a_file_name_that_is_no_text_comes_in(folder: Path) -> None:
    name = os.fsencode(folder) + b"/caf\xe9 \x1b[2J\n.json"
    with open(name, "w") as file:
        json.dump(iracing_document(), file)
    assert run(folder)[0] == 0
    assert sorted(ResultFile.objects.values_list("filename", flat=True)) == [
        "260301_203000_R.json",
        "caf\ufffd [2J .json",
    ]


def test_a_bad_file_whose_name_is_no_text_is_one_line(folder: Path) -> None:
    with open(os.fsencode(folder) + b"/caf\xe9 \x1b]0;x\x07\n\xe2\x80\xae.json", "w") as file:
        file.write("{")
    assert r"caf\udce9 \x1b]0;x\x07\n\u202e.json" in refused(folder)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_compression_is_read(folder: Path, compression: int) -> None:
    zipped(folder / "a.zip", "league.json", compression=compression)
    assert run(folder)[0] == 0
    assert Event.objects.count() == 2


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_broken_compression_is_one_line(folder: Path, compression: int) -> None:
    data = bytearray(zipped(folder / "a.zip", "league.json", compression=compression))
    data[60:160] = bytes(100)
    (folder / "a.zip").write_bytes(data)
    assert "cannot be taken out of its archive" in refused(folder)


@pytest.mark.parametrize("method", [9, 12, 14, 93, 95, 98, 99, 255])
def test_an_archive_that_says_another_compression_is_one_line(folder: Path, method: int) -> None:
    data = zipped(folder / "a.zip", "league.json")
    central = data.index(b"PK\x01\x02")
    broken = bytearray(data)
    broken[8:10] = broken[central + 10 : central + 12] = method.to_bytes(2, "little")
    (folder / "a.zip").write_bytes(broken)
    assert "cannot be taken out of its archive" in refused(folder)


def test_an_encrypted_member_says_so(folder: Path) -> None:
    data = bytearray(zipped(folder / "a.zip", "league.json"))
    central = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[central + 8] |= 1
    (folder / "a.zip").write_bytes(data)
    assert "encrypted" in refused(folder)


def test_a_name_flagged_as_text_that_is_none_is_one_line(folder: Path) -> None:
    data = zipped(folder / "a.zip", "laé.json")
    (folder / "a.zip").write_bytes(data.replace("é".encode(), b"\xff\xfe"))
    assert "a file name that is no text" in refused(folder)


def test_a_cut_archive_is_one_line(folder: Path) -> None:
    data = zipped(folder / "a.zip", "league.json")
    (folder / "a.zip").write_bytes(data[: len(data) // 2])
    assert "no usable zip archive" in refused(folder)


def test_members_that_are_no_files_are_told_apart(folder: Path) -> None:
    link = zipfile.ZipInfo("link.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    inner = io.BytesIO()
    zipfile.ZipFile(inner, "w").close()
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("folder.json/", "")
        archive.writestr(link, "/etc/passwd")
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr("readme.txt", "")
    assert "It is a link in its archive" in refused(folder)
    lines = run(folder)[1]
    assert any(line.startswith("skipped") and "archive within an archive" in line for line in lines)
    assert any("1 .txt" in line for line in lines)


def test_names_in_archives_are_printed_on_one_line(folder: Path) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("\x1b[2J\nimported ok\u2028\u202e.json", "{}")
    assert r"\x1b[2J\nimported ok\u2028\u202e.json" in refused(folder)


def test_what_a_file_says_is_printed_on_one_line(folder: Path) -> None:
    (folder / "a.json").write_text(json.dumps(iracing_document(start_time="\x1b[2J \u2029 gone")))
    (folder / "b.json").write_text('{"\\u001b[2J\\n": 1, "\\u001b[2J\\n": 2}')
    status, _, errors = run(folder)
    assert (status, len(errors)) == (1, 2)
    assert all(line.isprintable() for line in errors)


def test_a_fault_of_ours_is_one_files_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "0.json").write_text(json.dumps(iracing_document()))
    real = importer.content_sha256

    def failing(event: object) -> str:
        if getattr(event, "platform_id", ""):
            raise ZeroDivisionError("by\nzero")
        return real(event)  # type: ignore[arg-type]

    monkeypatch.setattr(importer, "content_sha256", failing)
    assert refused(folder).endswith("It cannot be imported: by")


def test_a_terminal_without_such_letters_gets_escapes(folder: Path) -> None:
    (folder / "é.json").write_text("{")
    database = folder.parent / "x.sqlite3"
    databases.copy_file(databases.NEWEST, database)
    given = environment(folder.parent, PYTHONIOENCODING="ascii", DATABASE_URL=f"sqlite:///{database}")
    command = [sys.executable, "manage.py", "import_results", str(folder)]
    done = subprocess.run(command, env=given, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert rb"refused  " in done.stderr
    assert rb"\xe9.json: The file is not valid JSON" in done.stderr
    assert b"Traceback" not in done.stderr


COMPANIONS = {
    "260301_203000_entrylist.json": {"entries": [{"drivers": [], "raceNumber": 1}], "forceEntryList": 0},
    "other.json": {"entries": [{"drivers": []}]},
    "configuration.json": {"udpPort": 9231, "tcpPort": 9232},
    "settings.json": {"serverName": "x", "adminPassword": "y"},
    "event.json": {"track": "spa", "sessions": []},
    "eventRules.json": {"qualifyStandingType": 1},
    "assistRules.json": {"disableIdealLine": 0},
    "bop.json": {"entries": [{"track": "spa", "carModel": 1, "ballastKg": 4}]},
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16"])
def test_what_lies_beside_results_is_skipped_and_named(folder: Path, encoding: str) -> None:
    for name, document in COMPANIONS.items():
        (folder / name).write_bytes(json.dumps(document).encode(encoding))
    (folder / "._260301_203000_R.json").write_bytes(b"\0\x05\x16\x07\0\x02\0\0Mac OS X")
    status, lines, errors = run(folder)
    assert (status, errors) == (0, [])
    skipped = [line for line in lines if line.startswith("skipped")]
    assert len(skipped) == len(COMPANIONS) + 1
    assert all(any(name in line for line in skipped) for name in COMPANIONS)
    assert any("1 imported" in line and f"{len(skipped)} skipped" in line for line in lines)


def test_a_games_own_log_is_called_what_it_is(folder: Path) -> None:
    (folder / "race.json").write_text(json.dumps({"sessionDef": {}, "snapShot": {"leaderBoardLines": []}}))
    assert "game's own log" in refused(folder)


@pytest.mark.parametrize("content", [{}, {"a.csv": "1,2"}, {"x_entrylist.json": json.dumps(COMPANIONS["other.json"])}])
def test_where_nothing_is_a_result_that_is_a_fault(tmp_path: Path, content: dict[str, str]) -> None:
    for name, text in content.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(CommandError, match="No result file was found") as caught:
        run(tmp_path)
    assert caught.value.returncode == 1


def test_files_of_other_kinds_are_counted_and_no_fault_beside_results(folder: Path) -> None:
    for name in ("a.log", "b.LOG", "notes", "c.txt"):
        (folder / name).write_text("x")
    status, lines, _ = run(folder)
    assert status == 0
    assert "Not looked at, since SimLane reads .json, .xml, .csv and .zip: 1 without an ending, 2 .log, 1 .txt" in lines


def test_known_results_are_something_found(folder: Path) -> None:
    assert run(folder)[0] == run(folder)[0] == 0


def test_a_time_zone_that_is_none_stops_the_import_before_anything_is_read(folder: Path) -> None:
    with pytest.raises(CommandError, match="--timezone: 'Tokio' is no time zone"):
        run(folder, timezone="Tokio")
    assert not Event.objects.exists()


def test_a_path_that_does_not_exist_is_printed_on_one_line(folder: Path) -> None:
    with pytest.raises(CommandError) as caught:
        run(folder / "a\x1b[2J\nb")
    assert str(caught.value).isprintable()
