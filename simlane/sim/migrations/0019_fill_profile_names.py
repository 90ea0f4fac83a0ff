from django.db import migrations

from simlane.sim.legacy import names_backfill, online, recorded
from simlane.sim.legacy.keeping import PutBack


class Migration(recorded.Migration):
    # Each batch is kept: interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0018_profile_names_and_figures")]

    operations = [
        online.ValidateChecks("simprofile"),
        # First what an earlier time here left. The old release's triggers write names by now: those stay.
        PutBack("simprofile", ["last_active_at", "name_key", "podiums", "starts", "wins"], current="name_key"),
        PutBack("profilename", unique=["profile", "name"]),
        PutBack("nameword", unique=["word"]),
        migrations.RunPython(names_backfill.fill, migrations.RunPython.noop),
    ]
