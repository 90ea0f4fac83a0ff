"""The bytes of result files that came in, compressed, in the storage `results` of the settings.

A name is made of the content's digest, so that a file is there once, and one that no row names does no harm.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage, storages

from simlane.results.source import ResultFileError, Source

ALIAS = "results"
LEVEL = 1
#: A disk writes several files down for good, and a bucket takes them, in the time of one.
AT_ONCE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """The bytes of a file on their way to be kept: their digest, how many they are, and they themselves, compressed.

    `data` is empty where files are not kept.
    """

    sha256: str
    size: int
    data: bytes


class NotKeptError(ResultFileError):
    """The site cannot keep a file: which is no fault of the file, and may be mended by the next time it comes."""


class Folder(FileSystemStorage):
    """Files that are there whole or not at all."""

    def _save(self, name: str, content: File[Any]) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with open(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
        return name


def _storage() -> Storage | None:
    return storages[ALIAS] if ALIAS in settings.STORAGES else None


def pack(source: Source) -> Packed:
    """The bytes as they will be kept: a twentieth of what they were, so that many files can wait to be stored."""
    data = gzip.compress(source.data, LEVEL, mtime=0) if ALIAS in settings.STORAGES else b""
    return Packed(source.sha256, len(source.data), data)


def keep(packed: Packed) -> str:
    """Keep the bytes; returns their name, empty when RESULTS_STORAGE is off. Raises NotKeptError."""
    if (storage := _storage()) is None:
        return ""
    name = f"{packed.sha256[:2]}/{packed.sha256}.gz"
    try:
        if not storage.exists(name):
            storage.save(name, ContentFile(packed.data))
    # A bucket's errors are its library's own.
    except Exception as error:
        raise NotKeptError(f"The file cannot be kept ({_said(error)}): see RESULTS_STORAGE, then try again") from error
    return name


def keep_each(files: Iterable[Packed]) -> list[str | NotKeptError]:
    """Keeps some files' bytes, several at once; returns for each its name, or why it cannot be kept."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(_kept, files))


def _kept(packed: Packed) -> str | NotKeptError:
    try:
        return keep(packed)
    except NotKeptError as error:
        return error


def read(name: str) -> bytes:
    """The bytes kept under this name; raises ResultFileError when they are not there."""
    if not name or (storage := _storage()) is None:
        raise ResultFileError("The file was not kept")
    try:
        with storage.open(name) as file:
            return gzip.decompress(file.read())
    except Exception as error:
        raise ResultFileError(f"What was kept of the file cannot be read: {_said(error)}") from error


def _said(error: Exception) -> str:
    return getattr(error, "strerror", None) or (str(error).splitlines() or [type(error).__name__])[0]


def folder_is_usable(**_: Any) -> list[checks.CheckMessage]:
    """The folder of kept files is one, and can be written, as far as it is there."""
    storage = _storage()
    if not isinstance(storage, Folder):
        return []
    place = Path(storage.location)
    there = next(each for each in (place, *place.parents) if each.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return []
    return [
        checks.Error(
            f"RESULTS_STORAGE={place} cannot be used: {there} is no folder that can be written.",
            hint="Name another folder, an s3://bucket/prefix, or off.",
            id="simlane.E001",
        )
    ]
