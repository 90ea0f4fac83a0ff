"""Columns for what changed a profile last, and for what it was merged into; 0026 brings their rules."""

import django.db.models.deletion
from django.db import migrations, models

from simlane.sim.legacy import online, recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [("sim", "0022_keep_results")]

    operations = [
        migrations.AddField(
            model_name="simprofile",
            name="last_change",
            field=models.JSONField(
                blank=True, editable=False, help_text="Who changed the link last, and how", null=True
            ),
        ),
        online.AddUncheckedForeignKey(
            model_name="simprofile",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="sim.simprofile",
            ),
        ),
        PreserveOnReverse("simprofile", ["last_change", "merged_into"]),
    ]
