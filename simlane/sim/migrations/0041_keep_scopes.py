"""Events of leagues that nobody has confirmed are in scopes of their own."""

from django.db import migrations, models

from simlane.sim.legacy import career_statistics, dual_write, indexes, online, recorded, scopes
from simlane.sim.legacy.preserving import RestorePreserved


def tell_by_new_columns(_, editor):
    # As 0039: a statement that names the scope is not the old release's.
    if dual_write.is_held(editor.connection):
        dual_write.tell_releases_apart(editor.connection)


def tell_no_more(_, editor):
    dual_write.tell_releases_apart_no_more(editor.connection)


def fill(_, editor):
    scopes.fill_events(editor.connection)
    if scopes.are_used(editor.connection):
        # On a second way forward 0036, which knows no scopes, has counted everything.
        career_statistics.count(editor.connection, only="v.scope = 0")


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("sim", "0040_scopes")]

    operations = [
        recorded.RunPython(tell_by_new_columns, tell_no_more),
        RestorePreserved("event", ["scope", "platform_id"]),
        recorded.RunPython(fill, migrations.RunPython.noop),
        indexes.AddUniqueIndexLater(
            model_name="event",
            constraint=models.UniqueConstraint(
                condition=models.Q(("platform_id", ""), _negated=True),
                fields=("simulator", "platform_id", "scope"),
                name="sim_event_number_once",
            ),
        ),
        indexes.BuildIndexes("event"),
        online.AddCheckOnceOnline(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scope", 0), models.Q(("league", models.F("scope")), ("league__isnull", False)), _connector="OR"
                ),
                name="sim_event_scope",
            ),
        ),
        online.ValidateChecks("event"),
    ]
