"""What `upgrade_profiles status` and the staff's page say."""

from __future__ import annotations

from typing import Any

from django.db import connection

from simlane.upgrade import runner
from simlane.upgrade.models import UpgradeStep
from simlane.upgrade.state import TABLE, State, position


def summary() -> dict[str, Any]:
    """State, a sentence, the steps in their order, and during the dual write what is known of the old release."""
    where = position()
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        left = None
        if where.state is State.UPGRADING:
            cursor.execute(f"SELECT COUNT(*) FROM {TABLE} WHERE profile_identifier = ''")
            left = cursor.fetchone()[0]
    running = runner.runs()
    steps = UpgradeStep.objects.all() if UpgradeStep._meta.db_table in tables else ()
    return {
        "state": where.state.value,
        "sentence": where.state.sentence,
        "rows_left": left,
        "contract_held": where.held,
        "old_release_seen_at": where.old_release_seen_at,
        "steps": [
            {
                "name": step.name,
                "state": _state(step, running=running),
                "started_at": step.started_at,
                "finished_at": step.finished_at,
                "rows": step.rows,
                "detail": step.detail,
            }
            for step in steps
        ],
    }


def _state(step: UpgradeStep, *, running: bool) -> str:
    """Nobody writes down that a process was killed, or that its server was: then the lock of an upgrade is free."""
    if step.failed:
        return "failed"
    if step.finished_at:
        return "done"
    return "running" if running else "stopped"
