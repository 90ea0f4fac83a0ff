"""Finding result files: single files, folders with all below them, and zip archives. Nothing is unpacked to disk."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from simlane.results.source import CompanionFileError, ResultFileError, Source

#: What a folder or an archive is searched for; a file that is named on its own is read whatever its name.
SUFFIXES = {".json", ".xml"}
#: The largest real result files have a few megabytes.
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_ARCHIVE_FILES = 50_000
MAX_ARCHIVE_BYTES = 4 * 1024 * 1024 * 1024

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

Refuse = Callable[[str, ResultFileError], None]
#: Is told the name of each file that is not looked at, since its name ends in none of SUFFIXES.
PassOver = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to be read: `label` is how the report names it."""

    label: str
    _load: Callable[[], bytes]

    def source(self) -> Source:
        """Reads the file; raises ResultFileError when it cannot be read or is too large."""
        return Source(PurePosixPath(self.label.replace("\\", "/")).name, self._load())


def find(paths: Iterable[Path], refuse: Refuse, pass_over: PassOver = lambda label: None) -> Iterator[Candidate]:
    """Every candidate at `paths`, in a steady order; what cannot even be opened goes to `refuse`."""
    for path in paths:
        if os.path.isdir(path):
            yield from _in_folder(path, refuse, pass_over)
        elif path.suffix.lower() == ".zip":
            yield from _in_archive(path, refuse, pass_over)
        else:
            yield _single(path)


def _in_folder(folder: Path, refuse: Refuse, pass_over: PassOver) -> Iterator[Candidate]:
    def unreadable(error: OSError) -> None:
        refuse(str(error.filename), ResultFileError(f"The folder cannot be read: {error.strerror}"))

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders.sort()
        for name in folders:
            if (path := Path(parent, name)).is_symlink():
                refuse(str(path), CompanionFileError("The folder is a link to another: name that one to import it"))
        for name in sorted(names):
            path = Path(parent, name)
            if path.suffix.lower() == ".zip":
                yield from _in_archive(path, refuse, pass_over)
            elif path.suffix.lower() in SUFFIXES:
                yield _single(path)
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


def _single(path: Path) -> Candidate:
    def load() -> bytes:
        with _opened(path) as file:
            try:
                data = file.read(MAX_FILE_BYTES + 1)
            except OSError as error:
                raise ResultFileError(f"The file cannot be read: {error.strerror}") from error
        return _bounded(data)

    return Candidate(str(path), load)


def _in_archive(path: Path, refuse: Refuse, pass_over: PassOver) -> Iterator[Candidate]:
    try:
        file = _opened(path)
    except ResultFileError as error:
        refuse(str(path), error)
        return
    with file:
        try:
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
        for info in members:
            yield _member(path, archive, info)


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
        raise ResultFileError(
            f"The archive holds more than {MAX_ARCHIVE_FILES:,} files or {MAX_ARCHIVE_BYTES // 1024**3} GiB: split it"
        )
    return members


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Candidate:
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

    return Candidate(f"{path}/{info.filename}", load)


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise ResultFileError(f"The file is larger than {MAX_FILE_BYTES // 1024**2} MiB")
    return data
