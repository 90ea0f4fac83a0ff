"""A stop outlives a way back; an older release may have opened the league: it is closed again with that."""

from django.db import migrations, models

from simlane.sim.legacy import online, recorded
from simlane.sim.legacy.preserving import RestorePreserved


def close(_, editor):
    with editor.connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sim_league SET archived_at = stopped_at WHERE stopped_at IS NOT NULL AND archived_at IS NULL"
        )


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0042_stopped_leagues")]

    operations = [
        RestorePreserved("league", ["stopped_at", "stopped_for", "results_due"]),
        recorded.RunPython(close, migrations.RunPython.noop),
        online.AddCheckOnceOnline(
            model_name="league",
            constraint=models.CheckConstraint(
                condition=models.Q(("stopped_at", None), ("archived_at__isnull", False), _connector="OR"),
                name="sim_league_stopped_is_archived",
                violation_error_message="The league is stopped: open it again first.",
            ),
        ),
        online.ValidateChecks("league"),
    ]
