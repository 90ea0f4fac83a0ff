"""The pages that compare drivers have an address where a simulator's page would have it: no simulator takes its word."""

from django.db import migrations, models

from simlane.sim.legacy import recorded


def moved_slug(simulator):
    return f"compare-{simulator.pk}"


def move_aside(apps, schema_editor):
    simulators = apps.get_model("sim", "Simulator").objects
    if moved := simulators.filter(slug="compare").first():
        slug = moved_slug(moved)
        moved.slug = f"{slug}-0" if simulators.filter(slug=slug).exists() else slug
        moved.save(update_fields=["slug"])


def move_back(apps, schema_editor):
    for simulator in apps.get_model("sim", "Simulator").objects.filter(name__iexact="compare"):
        if simulator.slug in (moved_slug(simulator), f"{moved_slug(simulator)}-0"):
            simulator.slug = "compare"
            simulator.save(update_fields=["slug"])
            return


def free(*reserved):
    return models.CheckConstraint(
        condition=models.Q(models.Q(("slug__in", reserved), _negated=True), models.Q(("slug", ""), _negated=True)),
        name="sim_simulator_slug_free",
        violation_error_message="This slug is an address of the site itself: choose another.",
    )


class Migration(recorded.Migration):
    dependencies = [("sim", "0053_lap_key")]

    operations = [
        recorded.RunPython(move_aside, move_back),
        migrations.RemoveConstraint(model_name="simulator", name="sim_simulator_slug_free"),
        migrations.AddConstraint(model_name="simulator", constraint=free("search", "compare")),
    ]
