"""Contract begins: rows that the old release wrote since 0010 are caught up in the constraint's own transaction."""

from django.db import migrations, models

from simlane.sim.legacy import profile_data


class Migration(migrations.Migration):
    dependencies = [("sim", "0010_migrate_profile_data")]

    operations = [
        migrations.RunPython(profile_data.catch_up, migrations.RunPython.noop),
        migrations.AddConstraint(
            "simprofile",
            models.UniqueConstraint(
                fields=("simulator", "profile_identifier"),
                name="sim_profile_identity",
                violation_error_message="This simulator already has a profile with this identifier.",
            ),
        ),
    ]
