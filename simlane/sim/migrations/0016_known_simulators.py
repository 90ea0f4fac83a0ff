"""Every platform SimLane knows has a row; an older install's row keeps its slug."""

from simlane.sim.legacy import recorded
from simlane.sim.legacy.known_simulators import KNOWN_SIMULATORS


def moved_slug(simulator):
    return f"search-{simulator.pk}"


def fill(apps, schema_editor):
    simulator_model = apps.get_model("sim", "Simulator")
    existing = {simulator.slug: simulator for simulator in simulator_model.objects.all()}
    # Pages have an address of that name: a simulator that had it moves aside.
    if moved := existing.get("search"):
        moved.slug = next(slug for slug in (moved_slug(moved), f"{moved_slug(moved)}-0") if slug not in existing)
        moved.save(update_fields=["slug"])
    names = {simulator.name.casefold() for simulator in existing.values()}
    known, new = [], []
    for known_simulator in KNOWN_SIMULATORS:
        found = [existing[slug] for slug in (known_simulator.slug, *known_simulator.aliases) if slug in existing]
        # Put back from an earlier time here, a kind that staff chose stays.
        unset = [simulator for simulator in found if simulator.identifier_kind == "other"]
        for simulator in unset:
            simulator.identifier_kind = known_simulator.kind
        known += unset
        if not found:
            name = known_simulator.name
            if name.casefold() in names:
                name = f"{name} (results)"
            new.append(simulator_model(name=name, slug=known_simulator.slug, identifier_kind=known_simulator.kind))
    simulator_model.objects.bulk_update(known, ["identifier_kind"])
    simulator_model.objects.bulk_create(new)


def move_back(apps, schema_editor):
    simulators = apps.get_model("sim", "Simulator").objects
    if simulators.filter(slug="search").exists():
        return
    for simulator in simulators.filter(slug__startswith="search-", name__iexact="search").order_by("pk"):
        if simulator.slug in (moved_slug(simulator), f"{moved_slug(simulator)}-0"):
            simulator.slug = "search"
            simulator.save(update_fields=["slug"])
            return


class Migration(recorded.Migration):
    dependencies = [("sim", "0015_simulator_identifier_kind")]

    operations = [
        recorded.RunPython(fill, move_back),
    ]
