"""Finding result files: single files, folders with all below them, and zip archives. Nothing is unpacked to disk."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from simlane.results.readers.rfactor import standings
from simlane.results.source import CompanionFileError, ResultFileError, Source

#: What a folder or an archive is searched for; a file that is named on its own is read whatever its name.
SUFFIXES = {".json", ".xml", ".csv"}
#: Standings of a running game, which give ids to the drivers of a result file in the same folder.
STANDINGS = re.compile(r"standings[^/\\]*\.json", re.IGNORECASE)
MOST_STANDINGS = 200
MAX_STANDINGS_BYTES = 1024 * 1024
#: The largest real result files have a few megabytes.
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_ARCHIVE_FILES = 50_000
MAX_ARCHIVE_BYTES = 4 * 1024 * 1024 * 1024
#: What an archive says of its files is read whole, and becomes eight times as large, before they can be counted.
MAX_DIRECTORY_BYTES = 8 * 1024 * 1024
TOO_MUCH = f"The archive holds more than {MAX_ARCHIVE_FILES:,} files or {MAX_ARCHIVE_BYTES // 1024**3} GiB: split it"

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

#: Files are handed on this many at once, or as many bytes: whether they came in before is one question for all.
TOGETHER = 100
TOGETHER_BYTES = 4 * 1024 * 1024

Refuse = Callable[[str, ResultFileError], None]
#: Is told the name of each file that is not looked at, since its name ends in none of SUFFIXES.
PassOver = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to be read: `label` is how the report names it."""

    label: str
    _load: Callable[[], bytes]
    _standings: Callable[[], list[standings.Ids]] = list

    def source(self) -> Source:
        """Reads the file, with ids that lie beside it; raises ResultFileError when it is unreadable or too large."""
        data = standings.with_ids(self._load(), self._standings())
        return Source(PurePosixPath(self.label.replace("\\", "/")).name, data)


def find(paths: Iterable[Path], refuse: Refuse, pass_over: PassOver = lambda label: None) -> Iterator[Candidate]:
    """Every candidate at `paths`, in a steady order; what cannot even be opened goes to `refuse`."""
    for path in paths:
        if os.path.isdir(path):
            yield from _in_folder(path, refuse, pass_over)
        elif path.suffix.lower() == ".zip":
            yield from _in_archive(path, refuse, pass_over)
        else:
            yield _single(path, _ids(_around(path)))


def loaded(candidates: Iterable[Candidate]) -> Iterator[list[tuple[str, Source | Exception]]]:
    """The files, some at once: each one's label, and its bytes or what keeps them from being read."""
    found: list[tuple[str, Source | Exception]] = []
    size = 0
    for candidate in candidates:
        try:
            source = candidate.source()
        except Exception as error:
            found.append((candidate.label, error))
        else:
            found.append((candidate.label, source))
            size += len(source.data)
        if len(found) >= TOGETHER or size >= TOGETHER_BYTES:
            yield found
            found, size = [], 0
    yield found


def _around(path: Path) -> list[Candidate]:
    """What lies beside a file that is named on its own."""
    try:
        names = os.listdir(path.parent) if path.suffix.lower() == ".xml" else []
    except OSError:
        names = []
    return [_single(path.parent / name) for name in sorted(names) if STANDINGS.fullmatch(name)]


def _ids(candidates: list[Candidate]) -> Callable[[], list[standings.Ids]]:
    """The ids in these files, read when they are asked for first."""

    @cache
    def load() -> list[standings.Ids]:
        found = []
        for candidate in candidates[:MOST_STANDINGS]:
            try:
                data = candidate.source().data
            except ResultFileError:
                # It is a file like others, and what is wrong with it is said where it is met as such.
                continue
            if len(data) <= MAX_STANDINGS_BYTES and (ids := standings.ids_in(data)):
                found.append(ids)
        return found

    return load


def _in_folder(folder: Path, refuse: Refuse, pass_over: PassOver) -> Iterator[Candidate]:
    def unreadable(error: OSError) -> None:
        refuse(str(error.filename), ResultFileError(f"The folder cannot be read: {error.strerror}"))

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders.sort()
        for name in folders:
            # Unlike Path.is_symlink it does not raise where a folder may not be looked into or a path is too long.
            if os.path.islink(link := os.path.join(parent, name)):
                refuse(link, CompanionFileError("The folder is a link to another: name that one to import it"))
        ids = _ids([_single(Path(parent, name)) for name in sorted(names) if STANDINGS.fullmatch(name)])
        for name in sorted(names):
            path = Path(parent, name)
            if path.suffix.lower() == ".zip":
                yield from _in_archive(path, refuse, pass_over)
            elif path.suffix.lower() in SUFFIXES:
                yield _single(path, ids if path.suffix.lower() == ".xml" else list)
            else:
                pass_over(str(path))


def _opened(path: Path) -> BinaryIO:
    """The file, open. Raises ResultFileError for what is no file: reading a pipe would wait for its writer."""
    try:
        mode = path.stat().st_mode
        for is_kind, what in _KINDS:
            if is_kind(mode):
                raise ResultFileError(f"It is {what}, not a file")
        return open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
    except (OSError, ValueError) as error:
        raise ResultFileError(f"The file cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _single(path: Path, ids: Callable[[], list[standings.Ids]] = list) -> Candidate:
    def load() -> bytes:
        with _opened(path) as file:
            try:
                data = file.read(MAX_FILE_BYTES + 1)
            except OSError as error:
                raise ResultFileError(f"The file cannot be read: {error.strerror}") from error
        return _bounded(data)

    return Candidate(str(path), load, ids)


def _in_archive(path: Path, refuse: Refuse, pass_over: PassOver) -> Iterator[Candidate]:
    try:
        file = _opened(path)
    except ResultFileError as error:
        refuse(str(path), error)
        return
    with file:
        try:
            end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
            if end and end[zipfile._ECD_SIZE] > MAX_DIRECTORY_BYTES:  # type: ignore[attr-defined]
                raise ResultFileError(TOO_MUCH)
            archive = zipfile.ZipFile(file)
            members = _members(path, archive, refuse, pass_over)
        except ResultFileError as error:
            refuse(str(path), error)
            return
        except UnicodeDecodeError:
            refuse(str(path), ResultFileError("The archive holds a file name that is no text: unpack it first"))
            return
        except Exception as error:
            refuse(str(path), ResultFileError(f"The file is no usable zip archive: {error}"))
            return
        beside: dict[str, list[Candidate]] = {}
        for info in members:
            folder, _, name = info.filename.rpartition("/")
            if STANDINGS.fullmatch(name):
                beside.setdefault(folder, []).append(_member(path, archive, info))
        ids = {folder: _ids(candidates) for folder, candidates in beside.items()}
        for info in members:
            is_xml = info.filename.lower().endswith(".xml")
            yield _member(path, archive, info, ids.get(info.filename.rpartition("/")[0], list) if is_xml else list)


def _members(path: Path, archive: zipfile.ZipFile, refuse: Refuse, pass_over: PassOver) -> list[zipfile.ZipInfo]:
    members = []
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        suffix = PurePosixPath(info.filename).suffix.lower()
        if info.is_dir():
            continue
        if suffix in SUFFIXES:
            members.append(info)
        elif suffix == ".zip":
            refuse(f"{path}/{info.filename}", CompanionFileError("An archive within an archive: unpack it first"))
        else:
            pass_over(f"{path}/{info.filename}")
    if len(members) > MAX_ARCHIVE_FILES or sum(info.file_size for info in members) > MAX_ARCHIVE_BYTES:
        raise ResultFileError(TOO_MUCH)
    return members


def _member(
    path: Path,
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    ids: Callable[[], list[standings.Ids]] = list,
) -> Candidate:
    def load() -> bytes:
        if info.flag_bits & 0x1:
            raise ResultFileError("The file is encrypted in its archive: unpack it first")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ResultFileError("It is a link in its archive, not a file")
        try:
            # Bounded by what comes out, not by what the archive says of itself.
            with archive.open(info) as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except Exception as error:  # each compression has errors of its own
            raise ResultFileError(f"The file cannot be taken out of its archive: {error}") from error
        return _bounded(data)

    return Candidate(f"{path}/{info.filename}", load, ids)


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise ResultFileError(f"The file is larger than {MAX_FILE_BYTES // 1024**2} MiB")
    return data
