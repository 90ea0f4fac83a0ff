"""Slugs of the tracks and cars that are there, their records, and the indexes by which their events are found."""

from django.db import migrations, models

from simlane.sim.legacy import indexes, recorded, records


def fill(apps, editor):
    records.give_slugs(apps, editor)
    records.fill(editor.connection)


class Migration(recorded.Migration):
    # Track by track while the site serves; again does no harm.
    atomic = False
    dependencies = [("sim", "0049_records")]

    operations = [
        recorded.RunPython(fill, migrations.RunPython.noop),
        indexes.AddIndexOnline(
            model_name="event",
            index=models.Index(
                models.F("track"),
                models.OrderBy(models.F("listed_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("track__isnull", False)),
                name="sim_event_track_listed_idx",
            ),
        ),
        indexes.AddIndexOnline(
            model_name="entry",
            index=models.Index(
                models.F("car"),
                models.OrderBy(models.F("session"), descending=True),
                condition=models.Q(("car__isnull", False)),
                name="sim_entry_car_idx",
            ),
        ),
    ]
