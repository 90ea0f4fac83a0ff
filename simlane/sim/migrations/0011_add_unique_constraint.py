"""The identity becomes unique, the indexes of 0009 are built; rows the old release wrote before get their own id."""

from django.db import migrations, models

from simlane.sim.legacy import dual_write, indexes, online, profile_data, recorded


def settle(_, editor):
    dual_write.open_to_both(editor.connection)
    dual_write.settle(editor.connection)


class Migration(recorded.Migration):
    # Indexes are built while the site serves.
    atomic = False
    dependencies = [("sim", "0010_migrate_profile_data")]

    operations = [
        recorded.RunPython(profile_data.catch_up, migrations.RunPython.noop),
        indexes.AddUniqueOnline(
            "simprofile",
            models.UniqueConstraint(
                fields=("simulator", "profile_identifier"),
                name="sim_profile_identity",
                violation_error_message="This simulator already has a profile with this identifier.",
            ),
        ),
        indexes.BuildIndexes("simprofile"),
        recorded.RunPython(settle, migrations.RunPython.noop),
        online.CheckForeignKeyOnline("simprofile", "linked_user"),
    ]
