"""What ownership work leaves behind outlives a way back."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.keeping import PutBack


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0024_ownership")]

    operations = [
        PutBack("historyentry"),
        PutBack("ownershipcode"),
        PutBack("claim"),
        PutBack("claimimage"),
        PutBack("merge"),
        PutBack("mergeddrive"),
        PutBack("linkreminder"),
        PutBack("simprofile", ["last_change", "merged_into"]),
    ]
