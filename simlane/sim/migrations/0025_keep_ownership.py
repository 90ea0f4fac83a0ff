"""What ownership work leaves behind outlives a way back."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.keeping import Keep


class Migration(recorded.Migration):
    dependencies = [("sim", "0024_ownership")]

    operations = [
        Keep("historyentry"),
        Keep("ownershipcode"),
        Keep("claim"),
        Keep("claimimage"),
        Keep("merge"),
        Keep("mergeddrive"),
        Keep("linkreminder"),
        Keep("simprofile", ["last_change", "merged_into"]),
    ]
