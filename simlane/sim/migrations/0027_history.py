"""From now on the database writes down every change of a link (on SQLite see sim.database)."""

from django.db import migrations, models

from simlane.sim.database import triggers
from simlane.sim.legacy import indexes, online, recorded


def install(apps, schema_editor):
    triggers.run(schema_editor.connection, triggers.HISTORY_GAPS)
    if schema_editor.connection.vendor != "sqlite":
        triggers.run(schema_editor.connection, triggers.HISTORY)
        triggers.run(schema_editor.connection, triggers.UNLINK_WITH_HISTORY)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        triggers.run(schema_editor.connection, triggers.UNLINK)
        triggers.run(schema_editor.connection, triggers.DROP_HISTORY)


class Migration(recorded.Migration):
    # Rows are looked at while the site serves; again does no harm.
    atomic = False
    dependencies = [("sim", "0026_ownership_rules")]

    operations = [
        indexes.AddIndexOnline(
            model_name="simprofile",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["merged_into"],
                name="sim_profile_merged_into_idx",
            ),
        ),
        online.ValidateChecks("simprofile"),
        migrations.RunPython(install, remove),
    ]
