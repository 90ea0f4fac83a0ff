"""Backfill: identifier, link and verification of every row, in batches; see simlane.sim.legacy."""

from simlane.sim.legacy import profile_data, recorded


class Migration(recorded.Migration):
    # Each batch is kept: interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0009_add_profile_fields")]

    operations = [recorded.RunPython(profile_data.forward, profile_data.backward)]
