"""Whether the new model is right before anything is thrown away: the site's own checks, and both models alike."""

from __future__ import annotations

from django.db import connection

from simlane.sim.integrity import findings
from simlane.sim.legacy import dual_write
from simlane.upgrade.state import position

#: During the dual write: a rule, and the rows that break it.
BOTH_MODELS = {
    "every row has its identifier": "SELECT id::text FROM sim_simprofile WHERE profile_identifier = ''",
    "the old model's owner is the new one's link": (
        "SELECT id::text FROM sim_simprofile WHERE user_id IS DISTINCT FROM linked_user_id"
    ),
    "no row waits for its platform's id": "SELECT profile_id::text FROM sim_upgrade_waiting",
    # One of them staff may have verified, in the old release too.
    "of the rows that claim one id at most one is verified": (
        """SELECT c.identifier FROM sim_simprofile p JOIN sim_contestedidentifier c ON c.profile_id = p.id
        WHERE p.is_verified GROUP BY c.simulator_id, c.identifier HAVING count(*) > 1"""
    ),
    "the triggers that keep both models in step are there": (
        """SELECT name FROM unnest(%(triggers)s::text[]) AS wanted(name) WHERE NOT EXISTS (
            SELECT 1 FROM pg_trigger WHERE tgname = name AND tgenabled <> 'D')"""
    ),
}
SHOWN = 5


def problems() -> list[str]:
    """A line for each rule that is broken: the rule, how many rows, the first of them."""
    found = [
        f"{finding.check}: {finding.count:,} ({finding.rule}); first: {', '.join(finding.first)}"
        for finding in findings()
        if finding.count
    ]
    if connection.vendor != "postgresql" or not position().has_owner_column:
        return found
    with connection.cursor() as cursor:
        for rule, sql in BOTH_MODELS.items():
            triggers = "{" + ",".join(dual_write.ALL_TRIGGERS) + "}"
            cursor.execute(
                f"SELECT count(*) OVER (), found.* FROM ({sql}) AS found LIMIT %(shown)s",
                {"triggers": triggers, "shown": SHOWN},
            )
            if rows := cursor.fetchall():
                found.append(f"{rows[0][0]:,} rows against “{rule}”; first: {', '.join(row[1] for row in rows)}")
    return found
