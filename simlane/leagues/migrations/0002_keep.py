"""What leagues have outlives a way back. Apart from 0001: a table with rows of this transaction cannot be altered."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import RestorePreserved


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("leagues", "0001_initial")]

    operations = [
        RestorePreserved("token"),
        RestorePreserved("invitation"),
        RestorePreserved("membership"),
        RestorePreserved("upload"),
        RestorePreserved("uploadedfile"),
        RestorePreserved("report"),
    ]
