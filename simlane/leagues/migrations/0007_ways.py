"""What programs send waits and is imported as what people upload is.

Only SQL, and so it holds its locks for a moment: 0008 puts back what was kept.
"""

from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [("leagues", "0006_keep_roles")]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="way",
            field=models.CharField(
                choices=[
                    ("", "before this was noted"),
                    ("command", "by a command on the server"),
                    ("folder", "from a watched folder"),
                    ("upload", "by upload"),
                    ("token", "by a program with a token"),
                ],
                db_default="upload",
                default="upload",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="uploadedfile",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("readable", "Would be imported"),
                    ("imported", "Imported"),
                    ("unchanged", "In already"),
                    ("refused", "Refused"),
                    ("skipped", "No result file"),
                    ("failed", "To be sent again"),
                ],
                max_length=10,
            ),
        ),
        PreserveOnReverse("upload", ["way"]),
    ]
