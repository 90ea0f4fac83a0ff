"""Questions about names, and what reports are about, outlive a way back."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import RestorePreserved


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("leagues", "0011_names")]

    operations = [
        RestorePreserved("namerequest"),
        RestorePreserved("report", ["profile", "number", "detachment"]),
    ]
