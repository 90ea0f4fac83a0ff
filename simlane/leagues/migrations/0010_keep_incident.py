"""Incidents outlive a way back. Apart from 0009: a table with rows of this transaction cannot be altered."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import RestorePreserved


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("leagues", "0009_incident")]

    operations = [RestorePreserved("incident")]
