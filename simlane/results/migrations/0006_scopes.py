"""A file is in once in each scope (sim 0040), and no longer once on the whole site; 0007 fills it.

An older schema has each digest once: a way back gives all files of one but the first a mark instead, and keeps theirs.
"""

from django.db import migrations, models

from simlane.sim.legacy import recorded, scopes
from simlane.sim.legacy.preserving import PreserveOnReverse, check_now


def set_aside(_, editor):
    scopes.set_digests_aside(editor.connection)
    check_now(editor)


class Migration(recorded.Migration):
    dependencies = [("results", "0005_keep_rulings"), ("sim", "0041_keep_scopes")]

    operations = [
        migrations.AddField(
            model_name="resultfile",
            name="scope",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AlterField(model_name="resultfile", name="sha256", field=models.CharField(max_length=64)),
        migrations.AlterField(model_name="resultfile", name="content_sha256", field=models.CharField(max_length=64)),
        recorded.RunPython(migrations.RunPython.noop, set_aside),
        PreserveOnReverse("resultfile", ["scope", "sha256", "content_sha256"]),
    ]
