"""Events of the old release: listed by their start, their indexes built while the site serves."""

from django.db import migrations

from simlane.sim.legacy import events, indexes, online, recorded, window


def fill(_, editor):
    if window.is_held(editor.connection):
        window.open_events(editor.connection)
        window.tell_releases_apart(editor.connection)
    events.fill(editor.connection)


def close(_, editor):
    window.close_events(editor.connection)
    window.tell_releases_apart_no_more(editor.connection)


class Migration(recorded.Migration):
    # Rows are filled and looked at while the site serves; again does no harm.
    atomic = False
    dependencies = [("sim", "0027_history")]

    operations = [
        migrations.RunPython(fill, close),
        indexes.BuildIndexes("event"),
        online.CheckForeignKeyOnline("event", "track"),
        online.ValidateChecks("event"),
    ]
