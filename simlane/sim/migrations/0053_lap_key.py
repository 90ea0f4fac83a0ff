"""Laps are told by their entry and number: a key that partitions, and a distributed PostgreSQL, take."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.lap_key import KeyByEntryAndNumber


class Migration(recorded.Migration):
    # The index is built while laps are written; interrupted, it begins anew.
    atomic = False
    dependencies = [("sim", "0052_keep_kind_of_racing")]

    operations = [KeyByEntryAndNumber()]
