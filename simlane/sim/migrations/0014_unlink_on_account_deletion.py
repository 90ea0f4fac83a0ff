"""Deleting an account unlinks its profiles, in the database itself (on SQLite see sim.database)."""

from django.db import migrations

from simlane.sim import database


def install(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        database.run(schema_editor.connection, database.UNLINK)


def remove(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        database.run(schema_editor.connection, database.DROP_UNLINK)


class Migration(migrations.Migration):
    dependencies = [("sim", "0013_profile_rules")]

    operations = [
        migrations.RunPython(install, remove),
    ]
