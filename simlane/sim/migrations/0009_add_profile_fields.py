"""Expand: the new columns beside the old ones; the old release goes on without knowing them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

from simlane.sim.legacy import dual_write, indexes, online, profile_data, recorded


def make_functions(_, editor):
    dual_write.make_functions(editor.connection)


def start_dual_write(_, editor):
    dual_write.start(editor.connection)


def stop_dual_write(_, editor):
    dual_write.stop(editor.connection, for_good=False)


class Migration(recorded.Migration):
    # Again after an interruption it goes on.
    atomic = False
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sim", "0008_alter_event_event_source"),
    ]

    operations = [
        recorded.RunPython(make_functions, migrations.RunPython.noop),
        online.Together(
            "sim_simprofile",
            "linked_at",
            [
                # db_default: rows that the old release inserts must pass too.
                migrations.AddField(
                    "simprofile",
                    "profile_identifier",
                    models.CharField(db_default="", help_text="Platform-specific unique ID", max_length=255),
                ),
                online.AddUncheckedForeignKey(
                    "simprofile",
                    "linked_user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="linked_sim_profiles",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AddField("simprofile", "is_public", models.BooleanField(db_default=True, default=True)),
                migrations.AddField("simprofile", "linked_at", models.DateTimeField(blank=True, null=True)),
                # A profile may have no owner from here on; going back, 0010 has given every row that stays one.
                online.AlterForeignKeyOnline(
                    "simprofile",
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sim_profiles",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.CreateModel(
                    name="ContestedIdentifier",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            # The old release deletes profiles and does not know this table: the constraint waits till 0013.
                            "profile",
                            models.OneToOneField(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="contested",
                                to="sim.simprofile",
                            ),
                        ),
                        (
                            "simulator",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="sim.simulator",
                            ),
                        ),
                        ("identifier", models.CharField(max_length=255)),
                        (
                            "keeps_identifier",
                            models.BooleanField(help_text="Whether this row, the older one, has the identifier"),
                        ),
                        ("noted_at", models.DateTimeField(db_default=Now())),
                    ],
                ),
                migrations.CreateModel(
                    name="LegacyProfile",
                    fields=[
                        ("profile_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("is_verified", models.BooleanField(help_text="As the old model had it")),
                        ("upgraded_is_verified", models.BooleanField(help_text="As the upgrade set it")),
                    ],
                ),
                migrations.CreateModel(
                    name="OldReleaseWrite",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("seen_at", models.DateTimeField(db_index=True)),
                        ("statement", models.CharField(max_length=10)),
                    ],
                ),
                recorded.RunPython(start_dual_write, stop_dual_write),
            ],
        ),
        # Built by 0011, once the rows are filled.
        indexes.AddIndexLater(
            "simprofile",
            models.Index(fields=["linked_user"], name="sim_profile_linked_user_idx"),
        ),
        indexes.AddIndexLater(
            "simprofile",
            models.Index(fields=["is_public"], name="sim_profile_public_idx"),
        ),
        # Also of a backfill that has not ended, and so is not on the way back itself.
        recorded.RunPython(migrations.RunPython.noop, profile_data.backward),
    ]
