"""A database's error as one line for the operator: what happened, and what to do."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import Error, InterfaceError, OperationalError

from simlane.sim.legacy.batches import DEADLOCK, LOCK_NOT_AVAILABLE, sqlstate

CONNECTION_LOST = "08"
AGAIN = "What is done stays done: the same command goes on from here."
#: SQLSTATEs, or the first two characters of a class of them, and what to tell.
TOLD = {
    "53100": "The server's disk is full ({said}). Make room on it. " + AGAIN,
    "53300": "The server takes no more connections ({said}). Close some, or raise max_connections. " + AGAIN,
    "53": "The server lacks a resource ({said}). " + AGAIN,
    "57014": "The server cancelled a statement ({said}): somebody did, or a timeout of this database user. " + AGAIN,
    "57": "The connection to the server was lost ({said}). " + AGAIN,
    CONNECTION_LOST: "The connection to the server was lost ({said}). " + AGAIN,
    "25006": "This server takes no writes ({said}): give DATABASE_URL the address of the primary.",
    "28": "The server refuses this user ({said}). Correct DATABASE_URL.",
    "3D000": "The server has no such database ({said}). Correct DATABASE_URL.",
    "42501": "This database user may not do that ({said}). upgrade_profiles plan says which rights it needs.",
    LOCK_NOT_AVAILABLE: "A lock was not free in time ({said}): end the transaction that holds it. " + AGAIN,
    DEADLOCK: "Again and again a deadlock with another transaction ({said}): let it end. " + AGAIN,
}


def sentence(error: Error) -> str:
    """The line; raises nothing, and asks no server."""
    code = sqlstate(error)
    if not code and isinstance(error, OperationalError | InterfaceError):
        # The server could not say anything any more.
        code = CONNECTION_LOST
    told = TOLD.get(code) or TOLD.get(code[:2]) or "The database said: {said}. " + AGAIN + " -v 2 shows where."
    return told.format(said=said(error))


def said(error: Error) -> str:
    """The database's own words in one line."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


@contextmanager
def told_in_a_line(verbosity: int) -> Iterator[None]:
    """For a command that goes on where it ended: errors, Ctrl-C and SIGTERM end it with a CommandError of one line.

    From verbosity 2 on the database's errors come in full.
    """
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise CommandError(f"Stopped. {AGAIN}", returncode=130) from None
    except Error as error:
        if verbosity > 1:
            raise
        raise CommandError(sentence(error)) from error
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(*_: object) -> None:
    """As Ctrl-C does, also where a shell has let that be ignored: in the background of a script."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise KeyboardInterrupt
