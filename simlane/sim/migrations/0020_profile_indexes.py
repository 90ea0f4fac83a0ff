"""One index per order a list is read in, and the search's own."""

from django.db import models

from simlane.sim.legacy import indexes, recorded, triggers


def install(apps, schema_editor):
    search = triggers.SEARCH_INDEXES[schema_editor.connection.vendor]
    if schema_editor.connection.vendor != "postgresql":
        for name, definition in search.items():
            schema_editor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {definition}")
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for name, definition in search.items():
        indexes.build_index(schema_editor, name, f"CREATE INDEX CONCURRENTLY {name} ON {definition}")


def remove(apps, schema_editor):
    for name in triggers.SEARCH_INDEXES[schema_editor.connection.vendor]:
        schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(recorded.Migration):
    # Indexes are built while the site serves.
    atomic = False
    dependencies = [("sim", "0019_fill_profile_names")]

    operations = [
        recorded.AtOnce(
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(fields=["profile_identifier"], name="sim_profile_identifier_idx"),
            ),
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(
                    models.OrderBy(models.F("last_active_at"), descending=True),
                    models.OrderBy(models.F("id"), descending=True),
                    condition=models.Q(("is_public", True)),
                    name="sim_profile_recent_idx",
                ),
            ),
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(
                    models.OrderBy(models.F("name_key")),
                    models.OrderBy(models.F("id")),
                    condition=models.Q(("is_public", True)),
                    name="sim_profile_name_idx",
                ),
            ),
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(
                    models.OrderBy(models.F("starts"), descending=True),
                    models.OrderBy(models.F("id"), descending=True),
                    condition=models.Q(("is_public", True)),
                    name="sim_profile_starts_idx",
                ),
            ),
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(
                    models.F("simulator"),
                    models.OrderBy(models.F("last_active_at"), descending=True),
                    models.OrderBy(models.F("id"), descending=True),
                    condition=models.Q(("is_public", True)),
                    name="sim_profile_sim_recent_idx",
                ),
            ),
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(
                    models.F("simulator"),
                    models.OrderBy(models.F("name_key")),
                    models.OrderBy(models.F("id")),
                    condition=models.Q(("is_public", True)),
                    name="sim_profile_sim_name_idx",
                ),
            ),
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(
                    models.F("simulator"),
                    models.OrderBy(models.F("starts"), descending=True),
                    models.OrderBy(models.F("id"), descending=True),
                    condition=models.Q(("is_public", True)),
                    name="sim_profile_sim_starts_idx",
                ),
            ),
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(
                    models.OrderBy(models.F("last_active_at"), descending=True),
                    models.OrderBy(models.F("id"), descending=True),
                    condition=models.Q(("is_public", True), ("is_verified", True)),
                    name="sim_profile_ver_recent_idx",
                ),
            ),
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(
                    models.OrderBy(models.F("name_key")),
                    models.OrderBy(models.F("id")),
                    condition=models.Q(("is_public", True), ("is_verified", True)),
                    name="sim_profile_ver_name_idx",
                ),
            ),
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(
                    models.OrderBy(models.F("starts"), descending=True),
                    models.OrderBy(models.F("id"), descending=True),
                    condition=models.Q(("is_public", True), ("is_verified", True)),
                    name="sim_profile_ver_starts_idx",
                ),
            ),
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(
                    models.F("simulator"),
                    models.OrderBy(models.F("last_active_at"), descending=True),
                    models.OrderBy(models.F("id"), descending=True),
                    condition=models.Q(("is_public", True), ("is_verified", True)),
                    name="sim_profile_ver_sim_recent_idx",
                ),
            ),
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(
                    models.F("simulator"),
                    models.OrderBy(models.F("name_key")),
                    models.OrderBy(models.F("id")),
                    condition=models.Q(("is_public", True), ("is_verified", True)),
                    name="sim_profile_ver_sim_name_idx",
                ),
            ),
            indexes.AddIndexOnline(
                model_name="simprofile",
                index=models.Index(
                    models.F("simulator"),
                    models.OrderBy(models.F("starts"), descending=True),
                    models.OrderBy(models.F("id"), descending=True),
                    condition=models.Q(("is_public", True), ("is_verified", True)),
                    name="sim_profile_ver_sim_starts_idx",
                ),
            ),
        ),
        recorded.RunPython(install, remove),
    ]
