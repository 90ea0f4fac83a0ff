"""Deleting an account unlinks its profiles, in the database itself (on SQLite see sim.database)."""

from simlane.sim.legacy import online, recorded, triggers


def install(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        triggers.run(schema_editor.connection, triggers.UNLINK)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        triggers.run(schema_editor.connection, triggers.DROP_UNLINK)


class Migration(recorded.Migration):
    # Rows are looked at while the site serves; again does no harm.
    atomic = False
    dependencies = [("sim", "0013_profile_rules")]

    operations = [
        online.ValidateChecks("simprofile"),
        online.ValidateChecks("contestedidentifier"),
        recorded.RunPython(install, remove),
    ]
