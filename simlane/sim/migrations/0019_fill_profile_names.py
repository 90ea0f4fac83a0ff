from django.db import migrations

from simlane.sim.legacy import names_backfill, online, recorded
from simlane.sim.legacy.preserving import RestorePreserved


class Migration(recorded.Migration):
    # Each batch is kept: interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0018_profile_names_and_figures")]

    operations = [
        online.ValidateChecks("simprofile"),
        # First what an earlier time here left. The old release's triggers write names by now: those stay.
        RestorePreserved("simprofile", ["last_active_at", "name_key", "podiums", "starts", "wins"], current="name_key"),
        RestorePreserved("profilename", unique=["profile", "name"]),
        RestorePreserved("nameword", unique=["word"]),
        recorded.RunPython(names_backfill.fill, migrations.RunPython.noop),
    ]
