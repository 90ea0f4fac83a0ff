"""One index per order a list is read in, and the search's own."""

from django.db import migrations, models

from simlane.sim import database


def install(apps, schema_editor):
    database.run(schema_editor.connection, database.SEARCH)


def remove(apps, schema_editor):
    database.run(schema_editor.connection, database.DROP_SEARCH)


class Migration(migrations.Migration):
    dependencies = [("sim", "0019_fill_profile_names")]

    operations = [
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(fields=["profile_identifier"], name="sim_profile_identifier_idx"),
        ),
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(
                models.OrderBy(models.F("last_active_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("is_public", True)),
                name="sim_profile_recent_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(
                models.OrderBy(models.F("name_key")),
                models.OrderBy(models.F("id")),
                condition=models.Q(("is_public", True)),
                name="sim_profile_name_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(
                models.OrderBy(models.F("starts"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("is_public", True)),
                name="sim_profile_starts_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(
                models.F("simulator"),
                models.OrderBy(models.F("last_active_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("is_public", True)),
                name="sim_profile_sim_recent_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(
                models.F("simulator"),
                models.OrderBy(models.F("name_key")),
                models.OrderBy(models.F("id")),
                condition=models.Q(("is_public", True)),
                name="sim_profile_sim_name_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(
                models.F("simulator"),
                models.OrderBy(models.F("starts"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("is_public", True)),
                name="sim_profile_sim_starts_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(
                models.OrderBy(models.F("last_active_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("is_public", True), ("is_verified", True)),
                name="sim_profile_ver_recent_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(
                models.OrderBy(models.F("name_key")),
                models.OrderBy(models.F("id")),
                condition=models.Q(("is_public", True), ("is_verified", True)),
                name="sim_profile_ver_name_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(
                models.OrderBy(models.F("starts"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("is_public", True), ("is_verified", True)),
                name="sim_profile_ver_starts_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(
                models.F("simulator"),
                models.OrderBy(models.F("last_active_at"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("is_public", True), ("is_verified", True)),
                name="sim_profile_ver_sim_recent_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(
                models.F("simulator"),
                models.OrderBy(models.F("name_key")),
                models.OrderBy(models.F("id")),
                condition=models.Q(("is_public", True), ("is_verified", True)),
                name="sim_profile_ver_sim_name_idx",
            ),
        ),
        migrations.AddIndex(
            model_name="simprofile",
            index=models.Index(
                models.F("simulator"),
                models.OrderBy(models.F("starts"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                condition=models.Q(("is_public", True), ("is_verified", True)),
                name="sim_profile_ver_sim_starts_idx",
            ),
        ),
        migrations.RunPython(install, remove),
    ]
