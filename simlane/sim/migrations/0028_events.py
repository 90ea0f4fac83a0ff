"""Events of the old release: listed by their start, their indexes built while the site serves."""

from simlane.sim.legacy import dual_write, events, indexes, online, recorded


def fill(_, editor):
    if dual_write.is_held(editor.connection):
        dual_write.open_events(editor.connection)
        dual_write.tell_releases_apart(editor.connection)
    events.fill(editor.connection)


def close(_, editor):
    dual_write.close_events(editor.connection)
    dual_write.tell_releases_apart_no_more(editor.connection)


class Migration(recorded.Migration):
    # Rows are filled and looked at while the site serves; again does no harm.
    atomic = False
    dependencies = [("sim", "0027_history")]

    operations = [
        recorded.RunPython(fill, close),
        indexes.BuildIndexes("event"),
        online.CheckForeignKeyOnline("event", "track"),
        online.ValidateChecks("event"),
    ]
