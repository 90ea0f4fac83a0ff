"""Results outlive a way back. Apart from 0021, which is only SQL and so holds its locks for a moment."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import RestorePreserved


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0021_results")]

    operations = [
        RestorePreserved("track"),
        RestorePreserved("car"),
        RestorePreserved("event", ["listed_at", "platform_id", "series", "weekend", "track"]),
        RestorePreserved("session"),
        RestorePreserved("entry"),
        RestorePreserved("entrydriver"),
        RestorePreserved("lap"),
        RestorePreserved("personalbest"),
    ]
