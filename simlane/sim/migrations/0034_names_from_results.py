"""Names of profiles that the old model never knew are from results; which drive a best is of can be asked."""

from django.db import migrations, models

from simlane.sim.legacy import indexes, recorded
from simlane.sim.legacy.preserving import RestorePreserved

# One statement: an install of the old model, where rows are many, has none of these yet.
FROM_RESULTS = """UPDATE sim_profilename SET from_results = %s WHERE NOT from_results
    AND NOT EXISTS (SELECT 1 FROM sim_legacyprofile l WHERE l.profile_id = sim_profilename.profile_id)
    AND EXISTS (SELECT 1 FROM sim_entrydriver d WHERE d.profile_id = sim_profilename.profile_id)"""


def fill(_, editor):
    with editor.connection.cursor() as cursor:
        cursor.execute(FROM_RESULTS, [True])


class Migration(recorded.Migration):
    # An index is built while the site serves; again does no harm.
    atomic = False
    dependencies = [("sim", "0033_versions")]

    operations = [
        indexes.AddIndexOnline(
            model_name="personalbest",
            index=models.Index(fields=["drive"], name="sim_personalbest_drive_idx"),
        ),
        RestorePreserved("event", ["withdrawn_at"]),
        RestorePreserved("profilename", ["from_results"]),
        recorded.RunPython(fill, migrations.RunPython.noop),
    ]
