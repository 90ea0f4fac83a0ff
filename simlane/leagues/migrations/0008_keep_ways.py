"""The way that an upload came by outlives a way back."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import RestorePreserved


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("leagues", "0007_ways")]

    operations = [RestorePreserved("upload", ["way"])]
