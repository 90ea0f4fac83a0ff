from django.db import migrations
from django.utils.text import slugify


def fill(apps, schema_editor):
    simulator_model = apps.get_model("sim", "Simulator")
    simulators = list(simulator_model.objects.filter(slug=None).order_by("id"))
    taken = set(simulator_model.objects.exclude(slug=None).values_list("slug", flat=True))
    for simulator in simulators:
        slug = slugify(simulator.name) or "simulator"
        if slug in taken:
            slug = f"{slug}-{simulator.pk}"
        taken.add(slug)
        simulator.slug = slug
    simulator_model.objects.bulk_update(simulators, ["slug"])


class Migration(migrations.Migration):
    dependencies = [("sim", "0002_simulator_slug")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
