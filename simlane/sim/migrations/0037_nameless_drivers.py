"""Who has no name has none in the database either; what stands for it is a page's matter."""

from simlane.sim.legacy import nameless, recorded


def forget(_, editor):
    nameless.forget(editor.connection)


def restore(_, editor):
    nameless.restore(editor.connection)


class Migration(recorded.Migration):
    # Each batch is kept, while the site serves; again does no harm.
    atomic = False
    dependencies = [("sim", "0036_count_starts_anew")]

    operations = [
        recorded.RunPython(forget, restore),
    ]
