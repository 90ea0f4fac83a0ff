"""Files that an organiser uploads: kept for a while, read for a preview, imported when they say so.

What a program sends is kept in the same way, and imported at once.

The bytes wait in a folder of their own under UPLOADS_DIR, which every process of the site sees, and go with the import
or after a day. Reading and importing is a job that shows with each file that it lives. One whose worker died is begun
again by whoever looks at the upload, or by the daily work: the importer knows what came in, so nothing comes in twice,
and a file without an outcome is taken again, so nothing is lost. A file at which workers die is left out in the end.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import File
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django_tasks import task

from simlane.leagues.bringing import MOST_LETTERS, Brought, Outcome, bring, importer_for
from simlane.leagues.models import Upload, UploadedFile
from simlane.results import files
from simlane.results.files import Candidate
from simlane.results.importer import Importer
from simlane.results.models import Way
from simlane.results.source import CompanionFileError, ResultFileError
from simlane.sim.errors import Refused
from simlane.sim.identity.names import printable
from simlane.sim.models import League

logger = logging.getLogger(__name__)

State = Upload.State
#: A job that has not shown for this long that it lives is dead: no file takes so long.
DEAD_AFTER = timedelta(minutes=2)
#: So often a file is taken at which a worker died, or something failed that is not its fault.
MOST_TRIES = 3
LEFT_OUT = f"The site broke off at this file {MOST_TRIES} times: send it again by itself, later."
#: Bytes of files that nobody imported.
KEPT = timedelta(days=1)
#: What came of an upload.
LISTED = timedelta(days=90)
MOST_NAME = 120
#: Seconds after which an import that a worker does lets the other jobs have their turn.
TURN = 10
WORKING = (State.READING, State.IMPORTING)

#: Of the files that a server's process works on itself: one takes far more memory than its size while it is read. Taken
#: for each anew, so that nobody's hundreds keep another league's one waiting.
_one_at_a_time = threading.Lock()


def receive(league: League, by: int, sent: Sequence[File[Any]], *, replace: bool, way: Way = Way.UPLOAD) -> Upload:
    """Keeps files that the account `by` sent, and has them read, or imported where its program did.

    Raises Refused where there is no room for them.
    """
    upload = Upload(league=league, user_id=by, replace=replace, way=way, beat_at=timezone.now() - DEAD_AFTER)
    if way == Way.TOKEN:
        upload.state = State.IMPORTING
    folder = folder_of(upload.pk)
    try:
        folder.mkdir(parents=True)
        for number, file in enumerate(sent):
            # Two may have one name, and a reader needs the name: each is alone in a folder.
            place = folder / f"{number:05}"
            place.mkdir()
            with open(place / _file_name(file.name or "results"), "wb") as kept:
                shutil.copyfileobj(file, kept)
    except OSError as error:
        logger.exception("an upload could not be kept")
        shutil.rmtree(folder, ignore_errors=True)
        raise Refused("The site has no room for these files now. Nothing was kept: try again later.") from error
    upload.save(force_insert=True)
    _begin(upload.pk)
    return upload


def import_previewed(upload: Upload) -> bool:
    """Has a previewed upload imported; whether it was waiting for that, and its league is open."""
    waiting = Upload.objects.filter(pk=upload.pk, state=State.PREVIEWED, league__archived_at=None)
    if not waiting.update(state=State.IMPORTING, beat_at=timezone.now() - DEAD_AFTER):
        return False
    _begin(upload.pk)
    return True


def discard(upload: Upload) -> bool:
    """Forgets an upload that was not imported; whether it was waiting."""
    gone, _ = Upload.objects.filter(pk=upload.pk, state=State.PREVIEWED).delete()
    if gone:
        shutil.rmtree(folder_of(upload.pk), ignore_errors=True)
    return bool(gone)


def go_on(upload: Upload) -> None:
    """Begins the job again if its worker died; where it only waits for a worker, no more than once a while."""
    is_dead = upload.state in WORKING and upload.beat_at < timezone.now() - DEAD_AFTER
    # Whoever waits looks every two seconds.
    if is_dead and cache.add(f"upload-{upload.pk}", True, DEAD_AFTER.total_seconds()):
        _begin(upload.pk)


def go_on_with_all() -> None:
    """Begins every job again whose worker died: for the daily work."""
    dead = Upload.objects.filter(state__in=WORKING, beat_at__lt=timezone.now() - DEAD_AFTER)
    for upload in dead.values_list("pk", flat=True):
        try:
            work(upload)
        except Exception:
            # The others are somebody else's. This one is begun again, a few times.
            logger.exception("an upload could not be read or imported, and waits")


def forget_old() -> None:
    """Deletes what nobody imported, and what nobody looks at any more."""
    now = timezone.now()
    Upload.objects.filter(state=State.PREVIEWED, made_at__lt=now - KEPT).delete()
    Upload.objects.filter(made_at__lt=now - LISTED).delete()
    root = Path(settings.UPLOADS_DIR)
    for folder in root.iterdir() if root.is_dir() else ():
        # Younger ones may be of an upload that is being stored.
        if folder.stat().st_mtime < time.time() - KEPT.total_seconds() and not _is_needed(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def folder_of(upload: UUID) -> Path:
    """Where the bytes of an upload wait."""
    return Path(settings.UPLOADS_DIR) / str(upload)


@task()
def job(upload: str) -> None:
    """The job of `work`. A long import is several jobs: between them others have their turn."""
    if not work(UUID(upload), seconds=TURN):
        job.enqueue(upload)


def work(key: UUID, *, seconds: float | None = None) -> bool:
    """Reads or imports what is left of an upload, unless another process is at it.

    An import ends after the file at which `seconds` have gone by; whether nothing is left to do.
    """
    now, began = timezone.now(), time.monotonic()
    mine = Upload.objects.filter(pk=key, state__in=WORKING, beat_at__lte=now - DEAD_AFTER)
    if not mine.update(beat_at=now, tries=F("tries") + 1):
        return True
    upload = Upload.objects.select_related("league").get(pk=key)
    dry_run = upload.state == State.READING
    done = {each.number: each for each in upload.files.all()}
    importer = importer_for(
        upload.league, way=Way(upload.way), by=upload.user_id, replace=upload.replace, dry_run=dry_run
    )
    number, is_over = -1, False
    for number, (name, candidate, error) in enumerate(_candidates(upload)):
        known = done.get(number)
        if known is None or (known.outcome == Outcome.READABLE and not dry_run):
            with _one_at_a_time:
                brought = _brought(upload, importer, candidate, error)
            _note(upload, number, name, brought)
            # Of the next one this is the first.
            upload.tries = 1
            is_over = seconds is not None and not dry_run and time.monotonic() - began >= seconds
        elif known.outcome == Outcome.READABLE and candidate:
            # A preview that goes on: by what this one would bring in those that follow are told apart.
            bring(importer, candidate)
        left = Upload.objects.filter(pk=key, state=upload.state)
        if is_over:
            return not left.update(beat_at=timezone.now() - DEAD_AFTER, tries=0)
        if not left.update(beat_at=timezone.now(), tries=upload.tries):
            # It was deleted, with its account or by hand.
            return True
    if number < 0:
        _note(upload, 0, "", Brought(Outcome.REFUSED, "Nothing was found in what you sent."))
    ended = State.PREVIEWED if dry_run else State.DONE
    Upload.objects.filter(pk=key, state=upload.state).update(state=ended, tries=0)
    if ended == State.DONE:
        shutil.rmtree(folder_of(key), ignore_errors=True)
    return True


def _brought(upload: Upload, importer: Importer, candidate: Candidate | None, error: ResultFileError | None) -> Brought:
    if upload.tries > MOST_TRIES:
        return Brought(Outcome.FAILED, LEFT_OUT)
    if candidate is None:
        outcome = Outcome.SKIPPED if isinstance(error, CompanionFileError) else Outcome.REFUSED
        return Brought(outcome, printable(str(error))[:MOST_LETTERS])
    return bring(importer, candidate)


def _candidates(upload: Upload) -> Iterator[tuple[str, Candidate | None, ResultFileError | None]]:
    """Every file of the upload and of archives in it, in a steady order, or why it cannot be opened; bounded."""
    for number, found in enumerate(_found(upload)):
        if number == settings.UPLOAD_FILES:
            yield "", None, ResultFileError(f"More than {number:,} files: send the others after these.")
            return
        yield found


def _found(upload: Upload) -> Iterator[tuple[str, Candidate | None, ResultFileError | None]]:
    folder = folder_of(upload.pk)
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        errors: list[tuple[str, ResultFileError]] = []

        def name(label: str, place: Path = place) -> str:
            return label.removeprefix(f"{place}{os.sep}")

        def refuse(label: str, error: ResultFileError, errors: list[tuple[str, ResultFileError]] = errors) -> None:
            errors.append((label, error))

        for candidate in files.find(sorted(place.iterdir()), refuse):
            # In a line about another file it stands by the name that it was sent under.
            yield name(candidate.label), replace(candidate, label=name(candidate.label)), None
        for label, error in errors:
            yield name(label), None, error


def _note(upload: Upload, number: int, name: str, brought: Brought) -> None:
    UploadedFile.objects.update_or_create(
        upload=upload,
        number=number,
        defaults={
            "name": printable(name)[-255:],
            "outcome": brought.outcome,
            "detail": brought.detail,
            "event_id": brought.event,
        },
    )


def _file_name(name: str) -> str:
    """The file's own name, as far as every file system takes it."""
    plain = PurePosixPath(name.replace("\\", "/").replace("\0", "")).name
    if plain in ("", ".."):
        plain = "results"
    encoded = plain.encode("utf-8", "replace")
    return plain if len(encoded) <= MOST_NAME else encoded[-MOST_NAME:].decode("utf-8", "ignore")


def _is_needed(folder: str) -> bool:
    try:
        key = UUID(folder)
    except ValueError:
        return False
    return Upload.objects.filter(pk=key).exclude(state=State.DONE).exists()


def _begin(key: UUID) -> None:
    transaction.on_commit(lambda: _enqueue(key))


def _enqueue(key: UUID) -> None:
    if settings.JOBS == "database":
        job.enqueue(str(key))
    elif settings.MAIL_THREAD:
        # No request waits for hundreds of files. A daemon: what a server that ends leaves undone is taken up again.
        threading.Thread(target=_work_aside, args=[key], name="upload", daemon=True).start()
    else:
        work(key)


def _work_aside(key: UUID) -> None:
    try:
        work(key)
    except Exception:
        logger.exception("an upload could not be read or imported, and waits")
    finally:
        connection.close()
