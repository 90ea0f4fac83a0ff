"""Simulators whose results come in by now have a row; an older install's row keeps its slug."""

from django.db import migrations

from simlane.sim.legacy import recorded

# Slug, name, kind of identifier, and the slugs that an older install may have given it.
SIMULATORS = (
    ("automobilista", "Automobilista", "steam", ("ams", "ams1", "automobilista-1")),
    ("rfactor", "rFactor", "other", ("rf1", "rfactor-1")),
    ("project-cars-2", "Project CARS 2", "steam", ("pc2", "pcars2")),
    ("f1", "F1", "other", ("f1-games",)),
)


def fill(apps, schema_editor):
    rows = apps.get_model("sim", "Simulator").objects
    profiles = apps.get_model("sim", "SimProfile").objects
    for slug, name, kind, aliases in SIMULATORS:
        found = list(rows.filter(slug__in=(slug, *aliases)))
        for row in found:
            # A kind that staff chose stays, and so does the one that the ids of an older install's profiles are of.
            if row.identifier_kind == "other" and not profiles.filter(simulator=row).exists():
                row.identifier_kind = kind
                row.save(update_fields=["identifier_kind"])
        if not found:
            taken = rows.filter(name__iexact=name).exists()
            rows.create(name=f"{name} (results)" if taken else name, slug=slug, identifier_kind=kind)


class Migration(recorded.Migration):
    dependencies = [("sim", "0031_fold_names_anew")]

    operations = [
        # An older release lists a simulator more, which harms nobody; results may be on it by then.
        recorded.RunPython(fill, migrations.RunPython.noop),
    ]
