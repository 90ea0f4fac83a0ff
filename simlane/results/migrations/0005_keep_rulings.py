"""Rulings outlive a way back, and none is changed or deleted."""

from simlane.sim.legacy import recorded, triggers
from simlane.sim.legacy.preserving import RestorePreserved


def install(_, editor):
    if editor.connection.vendor == "postgresql":
        triggers.run(editor.connection, triggers.RULINGS)


def remove(_, editor):
    if editor.connection.vendor == "postgresql":
        triggers.run(editor.connection, triggers.DROP_RULINGS)


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("results", "0004_rulings")]

    operations = [
        RestorePreserved("drivensession"),
        RestorePreserved("sessionversion"),
        RestorePreserved("ruling"),
        RestorePreserved("rulingoutcome"),
        recorded.RunPython(install, remove),
    ]
