"""Versions and decisions outlive a way back, and no decision is changed or deleted."""

from simlane.sim.legacy import recorded, triggers
from simlane.sim.legacy.preserving import RestorePreserved


def install(_, editor):
    if editor.connection.vendor == "postgresql":
        triggers.run(editor.connection, triggers.DECISIONS)


def remove(_, editor):
    if editor.connection.vendor == "postgresql":
        triggers.run(editor.connection, triggers.DROP_DECISIONS)


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("results", "0002_versions")]

    operations = [
        RestorePreserved("resultfile", ["content", "reader_version", "way", "brought_by", "kept", "size", "timezone"]),
        RestorePreserved("decision"),
        RestorePreserved("sessionfile"),
        recorded.RunPython(install, remove),
    ]
