"""Finding result files: single files, folders with all below them, and zip archives. Nothing is unpacked to disk."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from simlane.results.source import ResultFileError, Source

#: What a folder or an archive is searched for; a file that is named on its own is read whatever its name.
SUFFIXES = {".json", ".xml"}
#: The largest real result files have a few megabytes.
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_ARCHIVE_FILES = 50_000
MAX_ARCHIVE_BYTES = 4 * 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to be read: `label` is how the report names it."""

    label: str
    _load: Callable[[], bytes]

    def source(self) -> Source:
        """Reads the file; raises ResultFileError when it cannot be read or is too large."""
        return Source(PurePosixPath(self.label.replace("\\", "/")).name, self._load())


def find(paths: Iterable[Path], refuse: Callable[[str, ResultFileError], None]) -> Iterator[Candidate]:
    """Every candidate at `paths`, in a steady order; what cannot even be opened goes to `refuse`."""
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path, refuse)
        elif path.suffix.lower() == ".zip":
            yield from _in_archive(path, refuse)
        else:
            yield _single(path)


def _in_folder(folder: Path, refuse: Callable[[str, ResultFileError], None]) -> Iterator[Candidate]:
    def unreadable(error: OSError) -> None:
        refuse(str(error.filename), ResultFileError(f"The folder cannot be read: {error.strerror}"))

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if path.suffix.lower() == ".zip":
                yield from _in_archive(path, refuse)
            elif path.suffix.lower() in SUFFIXES:
                yield _single(path)


def _single(path: Path) -> Candidate:
    def load() -> bytes:
        try:
            with path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise ResultFileError(f"The file cannot be read: {error.strerror}") from error
        return _bounded(data)

    return Candidate(str(path), load)


def _in_archive(path: Path, refuse: Callable[[str, ResultFileError], None]) -> Iterator[Candidate]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(
                (info for info in archive.infolist() if PurePosixPath(info.filename).suffix.lower() in SUFFIXES),
                key=lambda info: info.filename,
            )
            if len(members) > MAX_ARCHIVE_FILES or sum(info.file_size for info in members) > MAX_ARCHIVE_BYTES:
                raise ResultFileError(
                    f"The archive holds more than {MAX_ARCHIVE_FILES:,} files or "
                    f"{MAX_ARCHIVE_BYTES // 1024**3} GiB: split it"
                )
            for info in members:
                yield _member(path, archive, info)
    except OSError as error:
        refuse(str(path), ResultFileError(f"The archive cannot be read: {error.strerror or error}"))
    except zipfile.BadZipFile as error:
        refuse(str(path), ResultFileError(f"The file is no usable zip archive: {error}"))
    except ResultFileError as error:
        refuse(str(path), error)


def _member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Candidate:
    def load() -> bytes:
        if info.flag_bits & 0x1:
            raise ResultFileError("The file is encrypted in its archive: unpack it first")
        try:
            # Bounded by what comes out, not by what the archive says of itself.
            with archive.open(info) as file:
                data = file.read(MAX_FILE_BYTES + 1)
        # NotImplementedError is zipfile's word for a compression it does not know.
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise ResultFileError(f"The file cannot be taken out of its archive: {error}") from error
        return _bounded(data)

    return Candidate(f"{path}/{info.filename}", load)


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise ResultFileError(f"The file is larger than {MAX_FILE_BYTES // 1024**2} MiB")
    return data
