from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sim", "0010_migrate_profile_data")]

    operations = [
        migrations.AddConstraint(
            "simprofile",
            models.UniqueConstraint(
                fields=("simulator", "profile_identifier"),
                name="sim_profile_identity",
                violation_error_message="This simulator already has a profile with this identifier.",
            ),
        ),
    ]
