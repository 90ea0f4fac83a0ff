"""Decisions about names and drives outlive a way back, and none about a name is changed or deleted."""

from simlane.sim.legacy import recorded, triggers
from simlane.sim.legacy.preserving import RestorePreserved


def install(_, editor):
    if editor.connection.vendor == "postgresql":
        triggers.run(editor.connection, triggers.NAME_DECISIONS)


def remove(_, editor):
    if editor.connection.vendor == "postgresql":
        triggers.run(editor.connection, triggers.DROP_NAME_DECISIONS)


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("results", "0011_names")]

    operations = [
        RestorePreserved("detachment"),
        RestorePreserved("namedecision"),
        recorded.RunPython(install, remove),
    ]
