"""Leagues outlive a way back; the index of a league's events is built while the site serves."""

from django.db import models

from simlane.sim.legacy import dual_write, indexes, online, recorded
from simlane.sim.legacy.preserving import RestorePreserved


def tell_by_new_columns(_, editor):
    # A statement that names one that came since 0028 is not the old release's either.
    if dual_write.is_held(editor.connection):
        dual_write.tell_releases_apart(editor.connection)


def tell_no_more(_, editor):
    # The triggers would keep the columns.
    dual_write.tell_releases_apart_no_more(editor.connection)


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0038_leagues")]

    operations = [
        RestorePreserved("league"),
        RestorePreserved("event", ["league"]),
        indexes.AddIndexOnline(
            model_name="event",
            index=models.Index(
                models.F("league"),
                models.OrderBy(models.F("listed_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("league__isnull", False)),
                name="sim_event_league_listed_idx",
            ),
        ),
        online.CheckForeignKeyOnline("event", "league"),
        online.ValidateChecks("event"),
        recorded.RunPython(tell_by_new_columns, tell_no_more),
    ]
