"""Accounts can be found by their names: a column for the folded names, which the next migration fills."""

from django.db import migrations, models

from simlane.sim.legacy import recorded


class Migration(recorded.Migration):
    dependencies = [("users", "0001_initial")]

    operations = [
        migrations.AddField("user", "search_key", models.TextField(db_default="", editable=False)),
    ]
