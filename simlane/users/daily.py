"""The daily jobs, run by `manage.py worker`, or by cron where there is none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from simlane.ratings import due
from simlane.sim.ownership import lapsing
from simlane.users.models import Daily

logger = logging.getLogger(__name__)

DAY = timedelta(days=1)
#: A job that failed, or whose worker died, is started again after this.
AGAIN = timedelta(hours=1)
FINISHED_TASKS_KEPT_DAYS = 7


def lapse_links() -> None:
    """Reminds of links that nobody has proved, and ends those that are due."""
    done = lapsing.run_daily()
    logger.info("daily: %s links reminded, %s lapsed, %s codes forgotten", done.reminded, done.lapsed, done.codes)


def forget_tasks() -> None:
    """Finished jobs go after a week."""
    call_command("prune_db_task_results", min_age_days=FINISHED_TASKS_KEPT_DAYS, queue_name="*", verbosity=0)


def forget_sessions() -> None:
    """Sessions that have expired go."""
    call_command("clearsessions", verbosity=0)


WORK: dict[str, Callable[[], None]] = {
    "lapse_links": lapse_links,
    "forget_tasks": forget_tasks,
    "forget_sessions": forget_sessions,
    "finish_ratings": due.finish,
}


def run_due() -> None:
    """Run the jobs that are due; of several workers one runs each. A job that fails is logged and retried."""
    later = set(Daily.objects.filter(due_at__gt=timezone.now()).values_list("name", flat=True))
    for name, job in WORK.items():
        if name in later or not _lease(name):
            continue
        try:
            job()
        except Exception:
            logger.exception("daily: %s failed, again in %s", name, AGAIN)
        else:
            Daily.objects.filter(name=name).update(due_at=timezone.now() + DAY)


def _lease(name: str) -> bool:
    now = timezone.now()
    with transaction.atomic():
        if Daily.objects.filter(name=name, due_at__lte=now).update(due_at=now + AGAIN):
            return True
        return Daily.objects.get_or_create(name=name, defaults={"due_at": now + AGAIN})[1]
