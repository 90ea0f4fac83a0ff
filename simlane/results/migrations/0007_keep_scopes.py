"""Files are in the scopes of their events."""

from django.db import migrations, models

from simlane.sim.legacy import indexes, recorded, scopes
from simlane.sim.legacy.preserving import RestorePreserved


def fill(_, editor):
    scopes.fill_files(editor.connection)


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("results", "0006_scopes")]

    operations = [
        RestorePreserved("resultfile", ["scope", "sha256", "content_sha256"]),
        recorded.RunPython(fill, migrations.RunPython.noop),
        indexes.AddUniqueOnline(
            model_name="resultfile",
            constraint=models.UniqueConstraint(fields=("sha256", "scope"), name="results_file_once"),
        ),
        indexes.AddUniqueOnline(
            model_name="resultfile",
            constraint=models.UniqueConstraint(fields=("content_sha256", "scope"), name="results_content_once"),
        ),
    ]
