"""The kind of racing outlives a way back."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import RestorePreserved


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0051_kind_of_racing")]

    operations = [RestorePreserved("session", ["racing"])]
