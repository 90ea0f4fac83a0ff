from django.db import migrations, models

from simlane.sim.legacy import recorded


class Migration(recorded.Migration):
    dependencies = [("sim", "0016_known_simulators")]

    operations = [
        migrations.AddConstraint(
            model_name="simulator",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("slug__in", ("search",)), _negated=True), models.Q(("slug", ""), _negated=True)
                ),
                name="sim_simulator_slug_free",
                violation_error_message="This slug is an address of the site itself: choose another.",
            ),
        ),
    ]
