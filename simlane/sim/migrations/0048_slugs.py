"""Where the pages of tracks and cars are: 0050 gives each its slug."""

from django.db import migrations, models

from simlane.sim.legacy import recorded


class Migration(recorded.Migration):
    dependencies = [("sim", "0047_fill_career_years")]

    operations = [
        migrations.AddField("track", "slug", models.CharField(editable=False, max_length=120, null=True)),
        migrations.AddField("car", "slug", models.CharField(editable=False, max_length=120, null=True)),
        migrations.AddConstraint(
            model_name="track",
            constraint=models.UniqueConstraint(
                condition=models.Q(("slug__isnull", False)), fields=("simulator", "slug"), name="sim_track_slug_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="car",
            constraint=models.UniqueConstraint(
                condition=models.Q(("slug__isnull", False)), fields=("simulator", "slug"), name="sim_car_slug_once"
            ),
        ),
    ]
