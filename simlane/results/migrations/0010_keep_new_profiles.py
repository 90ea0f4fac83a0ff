"""What was counted outlives a way back."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import RestorePreserved


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("results", "0009_new_profiles")]

    operations = [
        RestorePreserved("newprofiles"),
    ]
