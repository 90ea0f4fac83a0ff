"""What staff withdrew is told from what organisers did, and quickly found."""

from django.db import migrations, models

from simlane.sim.legacy import indexes, recorded


class Migration(recorded.Migration):
    # The index is built while the site serves; again does no harm.
    atomic = False
    dependencies = [("results", "0007_keep_scopes")]

    operations = [
        migrations.AlterField(
            model_name="decision",
            name="what",
            field=models.CharField(
                choices=[
                    ("came_in", "Came in"),
                    ("replaced", "Replaced"),
                    ("withdrawn", "Withdrawn"),
                    ("withheld", "Withdrawn by the site's staff"),
                    ("brought_back", "Brought back"),
                    ("read_again", "Read again"),
                ],
                max_length=15,
            ),
        ),
        indexes.AddIndexOnline(
            model_name="decision",
            index=models.Index(
                condition=models.Q(("what", "withheld")), fields=["event"], name="results_decision_withheld_idx"
            ),
        ),
    ]
