"""Seasons outlive a way back; their standings are made anew."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import RestorePreserved


def make_standings_anew(_, editor):
    editor.execute("INSERT INTO leagues_standingsdue (season_id) SELECT id FROM leagues_season")


def leave(_, __):
    """Nothing to take back: the rows say that something is to be done."""


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("leagues", "0003_seasons")]

    operations = [
        RestorePreserved("season"),
        RestorePreserved("seasonclass"),
        RestorePreserved("pointstable"),
        RestorePreserved("placepoints"),
        RestorePreserved("round"),
        RestorePreserved("roundrace"),
        RestorePreserved("team"),
        RestorePreserved("seasonentry"),
        recorded.RunPython(make_standings_anew, leave, elidable=False),
    ]
