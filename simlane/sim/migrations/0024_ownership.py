"""Whose a profile is: history, codes, claims, merges."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


class Migration(recorded.Migration):
    dependencies = [
        ("sim", "0023_profile_changes"),
        ("users", "__first__"),
    ]

    operations = [
        recorded.AtOnce(
            migrations.CreateModel(
                name="HistoryEntry",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    (
                        "action",
                        models.CharField(
                            choices=[
                                ("link", "Linked"),
                                ("unlink", "Unlinked"),
                                ("verify", "Verified"),
                                ("unverify", "No longer verified"),
                                ("lapse", "Link lapsed"),
                                ("transfer", "Moved to another account"),
                                ("merge", "Merged"),
                                ("unmerge", "Merge undone"),
                                ("hide", "Hidden"),
                                ("show", "Made public"),
                            ],
                            max_length=10,
                        ),
                    ),
                    (
                        "how",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("click", "by the member"),
                                ("steam", "by signing in at Steam"),
                                ("iracing", "by signing in at iRacing"),
                                ("code", "by a code in a result"),
                                ("staff", "by the site's staff"),
                                ("time", "because nobody proved it in time"),
                                ("merge", "by a merge"),
                                ("account_deleted", "because the account was deleted"),
                                ("", "outside the site"),
                            ],
                            max_length=20,
                        ),
                    ),
                    ("verified", models.BooleanField()),
                    ("was_verified", models.BooleanField()),
                    ("public", models.BooleanField()),
                    ("was_public", models.BooleanField()),
                    ("evidence", models.JSONField(blank=True, null=True)),
                    (
                        "account",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "actor",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "profile",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="history",
                            to="sim.simprofile",
                        ),
                    ),
                    (
                        "was_account",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "history entries",
                    "indexes": [
                        models.Index(fields=["profile", "-id"], name="sim_history_profile_idx"),
                        models.Index(
                            condition=models.Q(("account__isnull", False)),
                            fields=["account"],
                            name="sim_history_account_idx",
                        ),
                        models.Index(
                            condition=models.Q(("was_account__isnull", False)),
                            fields=["was_account"],
                            name="sim_history_was_account_idx",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="OwnershipCode",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("code", models.CharField(max_length=16, unique=True)),
                    ("made_at", models.DateTimeField()),
                    ("expires_at", models.DateTimeField()),
                    (
                        "profile",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="ownership_codes",
                            to="sim.simprofile",
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="ownership_codes",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("user", "profile"), name="sim_code_once")],
                },
            ),
            migrations.CreateModel(
                name="Claim",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("message", models.TextField(blank=True, max_length=2000)),
                    (
                        "how",
                        models.CharField(
                            choices=[
                                ("click", "by the member"),
                                ("steam", "by signing in at Steam"),
                                ("iracing", "by signing in at iRacing"),
                                ("code", "by a code in a result"),
                                ("staff", "by the site's staff"),
                                ("time", "because nobody proved it in time"),
                                ("merge", "by a merge"),
                                ("account_deleted", "because the account was deleted"),
                                ("", "outside the site"),
                            ],
                            default="staff",
                            help_text="What it rests on",
                            max_length=20,
                        ),
                    ),
                    ("evidence", models.JSONField(blank=True, null=True)),
                    (
                        "disputed",
                        models.BooleanField(default=False, help_text="The link was verified when it was claimed"),
                    ),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("open", "Open"),
                                ("accepted", "Accepted"),
                                ("refused", "Refused"),
                                ("withdrawn", "Withdrawn"),
                            ],
                            default="open",
                            max_length=10,
                        ),
                    ),
                    ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    ("decided_at", models.DateTimeField(blank=True, null=True)),
                    ("reason", models.TextField(blank=True, max_length=2000)),
                    (
                        "claimant",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="claims",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "decided_by",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "profile",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="claims", to="sim.simprofile"
                        ),
                    ),
                ],
                options={
                    "indexes": [
                        models.Index(
                            models.F("made_at"), condition=models.Q(("state", "open")), name="sim_claim_open_idx"
                        )
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("state", "open")),
                            fields=("profile", "claimant"),
                            name="sim_claim_open_once",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("decided_at__isnull", True), ("state", "open")),
                                models.Q(models.Q(("state", "open"), _negated=True), ("decided_at__isnull", False)),
                                _connector="OR",
                            ),
                            name="sim_claim_decided_with_date",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ClaimImage",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("picture", models.BinaryField(help_text="WebP")),
                    ("width", models.PositiveIntegerField()),
                    ("height", models.PositiveIntegerField()),
                    (
                        "claim",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="images", to="sim.claim"
                        ),
                    ),
                ],
            ),
            migrations.CreateModel(
                name="Merge",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                    (
                        "how",
                        models.CharField(
                            choices=[
                                ("click", "by the member"),
                                ("steam", "by signing in at Steam"),
                                ("iracing", "by signing in at iRacing"),
                                ("code", "by a code in a result"),
                                ("staff", "by the site's staff"),
                                ("time", "because nobody proved it in time"),
                                ("merge", "by a merge"),
                                ("account_deleted", "because the account was deleted"),
                                ("", "outside the site"),
                            ],
                            max_length=20,
                        ),
                    ),
                    (
                        "before",
                        models.JSONField(help_text="Both profiles' links and the kept one's names, as they were"),
                    ),
                    ("undone_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "by",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "kept",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="merges", to="sim.simprofile"
                        ),
                    ),
                    (
                        "merged",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="merged_as", to="sim.simprofile"
                        ),
                    ),
                    (
                        "undone_by",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("undone_at__isnull", True)), fields=("merged",), name="sim_merge_once"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("kept", models.F("merged")), _negated=True), name="sim_merge_of_two"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="MergedDrive",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "drive",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sim.entrydriver"
                        ),
                    ),
                    (
                        "merge",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="drives",
                            to="sim.merge",
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("merge", "drive"), name="sim_mergeddrive_once")],
                },
            ),
            migrations.CreateModel(
                name="LinkReminder",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("linked_at", models.DateTimeField()),
                    ("sent_at", models.DateTimeField()),
                    (
                        "profile",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.CASCADE, related_name="reminder", to="sim.simprofile"
                        ),
                    ),
                ],
            ),
        ),
        PreserveOnReverse("historyentry"),
        PreserveOnReverse("ownershipcode"),
        PreserveOnReverse("claim"),
        PreserveOnReverse("claimimage"),
        PreserveOnReverse("merge"),
        PreserveOnReverse("mergeddrive"),
        PreserveOnReverse("linkreminder"),
    ]
