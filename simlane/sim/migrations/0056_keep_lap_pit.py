"""What is known of laps through the pits outlives a way back."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.lap_pits import RestorePits


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0055_lap_pit")]

    operations = [RestorePits()]
