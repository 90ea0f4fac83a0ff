"""What ownership work leaves behind outlives a way back."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import RestorePreserved


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0024_ownership")]

    operations = [
        RestorePreserved("historyentry"),
        RestorePreserved("ownershipcode"),
        RestorePreserved("claim"),
        RestorePreserved("claimimage"),
        RestorePreserved("merge"),
        RestorePreserved("mergeddrive"),
        RestorePreserved("linkreminder"),
        RestorePreserved("simprofile", ["last_change", "merged_into"]),
    ]
