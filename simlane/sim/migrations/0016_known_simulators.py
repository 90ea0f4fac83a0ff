"""Every platform SimLane knows has a row; an older install's row keeps its slug."""

from django.db import migrations

from simlane.sim.identifiers import PLATFORMS


def fill(apps, schema_editor):
    simulator_model = apps.get_model("sim", "Simulator")
    existing = {simulator.slug: simulator for simulator in simulator_model.objects.all()}
    # Pages have an address of that name: a simulator that had it moves aside.
    if moved := existing.get("search"):
        moved.slug = f"search-{moved.pk}"
        moved.save(update_fields=["slug"])
    names = {simulator.name.casefold() for simulator in existing.values()}
    known, new = [], []
    for platform in PLATFORMS:
        found = [existing[slug] for slug in (platform.slug, *platform.aliases) if slug in existing]
        for simulator in found:
            simulator.identifier_kind = platform.kind.value
            known.append(simulator)
        if not found:
            name = platform.name
            if name.casefold() in names:
                name = f"{name} (results)"
            new.append(simulator_model(name=name, slug=platform.slug, identifier_kind=platform.kind.value))
    simulator_model.objects.bulk_update(known, ["identifier_kind"])
    simulator_model.objects.bulk_create(new)


class Migration(migrations.Migration):
    dependencies = [("sim", "0015_simulator_identifier_kind")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
