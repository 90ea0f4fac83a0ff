"""Results outlive a way back. Apart from 0021, which is only SQL and so holds its locks for a moment."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.keeping import Keep


class Migration(recorded.Migration):
    dependencies = [("sim", "0021_results")]

    operations = [
        Keep("track"),
        Keep("car"),
        Keep("event", ["listed_at", "platform_id", "series", "weekend", "track"]),
        Keep("session"),
        Keep("entry"),
        Keep("entrydriver"),
        Keep("lap"),
        Keep("personalbest"),
    ]
