from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse, RestorePreserved


class Migration(recorded.Migration):
    dependencies = [("sim", "0014_unlink_on_account_deletion")]

    operations = [
        migrations.AddField(
            model_name="simulator",
            name="identifier_kind",
            field=models.CharField(
                choices=[
                    ("iracing", "iracing"),
                    ("steam", "steam"),
                    ("acc", "acc"),
                    ("raceroom", "raceroom"),
                    ("psn", "psn"),
                    ("other", "other"),
                ],
                db_default="other",
                default="other",
                max_length=20,
            ),
        ),
        PreserveOnReverse("simulator", ["identifier_kind"]),
        RestorePreserved("simulator", ["identifier_kind"]),
    ]
