"""Results outlive a way back. Apart from 0021, which is only SQL and so holds its locks for a moment."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.keeping import PutBack


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0021_results")]

    operations = [
        PutBack("track"),
        PutBack("car"),
        PutBack("event", ["listed_at", "platform_id", "series", "weekend", "track"]),
        PutBack("session"),
        PutBack("entry"),
        PutBack("entrydriver"),
        PutBack("lap"),
        PutBack("personalbest"),
    ]
