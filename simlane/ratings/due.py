"""Ratings that have to be counted anew: noted with what changed, in its transaction, and counted by a job after it.

What is noted stays until it is counted: what a job leaves undone, or one whose worker died, the daily work does.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django_tasks import task

from simlane.ratings import recomputing
from simlane.ratings.models import RatingsDue
from simlane.sim.errors import Refused

logger = logging.getLogger(__name__)

#: A job counts for so long, and then another goes on: mails and uploads need not wait for all races.
AT_MOST_SECONDS = 20.0
#: Without a worker somebody waits for it: an old race among many is left to the daily work.
IMMEDIATE_SECONDS = 1.0


@task()
def settle() -> None:
    """The job: counts what is due."""
    has_worker = settings.JOBS == "database"
    try:
        caught = recomputing.catch_up(seconds=AT_MOST_SECONDS if has_worker else IMMEDIATE_SECONDS)
    except Refused:
        # Whoever counts now takes it up.
        return
    if caught.is_done:
        return
    if has_worker:
        settle.enqueue()
    else:
        logger.warning("ratings: races are left to count, by the daily work or by recompute_ratings --resume")


def note_events(*, events: Collection[int], **_: Any) -> None:
    """Results of these events have changed, or count otherwise."""
    _note([RatingsDue(event_id=event) for event in events])


def note_profiles(*, profiles: Collection[UUID], **_: Any) -> None:
    """Drives have gone from one of these profiles to another."""
    _note([RatingsDue(profile_id=profile) for profile in profiles])


def _note(due: list[RatingsDue]) -> None:
    RatingsDue.objects.bulk_create(due)
    transaction.on_commit(settle.enqueue)


def finish() -> None:
    """Does what jobs left undone: for the daily work."""
    try:
        recomputing.catch_up()
    except Refused:
        logger.info("ratings: another process counts")
