"""Whom members follow, and the notifications of new results, each of an event.

As 0004: on PostgreSQL the database deletes the rows of an account itself, whatever statement deletes the account.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse


def add_key(_, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(
            "ALTER TABLE users_follow ADD CONSTRAINT users_follow_user_fk FOREIGN KEY (user_id) REFERENCES users_user (id)"
            " ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED"
        )


def drop_key(_, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE users_follow DROP CONSTRAINT users_follow_user_fk")


class Migration(recorded.Migration):
    dependencies = [
        ("users", "0012_name_kinds"),
        ("sim", "0045_keep_league_drivers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Follow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "league",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to="sim.league",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to="sim.simprofile",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follows",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("profile__isnull", False)),
                        fields=["profile"],
                        name="users_follow_profile_idx",
                    ),
                    models.Index(
                        condition=models.Q(("league__isnull", False)), fields=["league"], name="users_follow_league_idx"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("league__isnull", False), ("profile__isnull", True)),
                            models.Q(("league__isnull", True), ("profile__isnull", False)),
                            _connector="OR",
                        ),
                        name="users_follow_of_one",
                    ),
                    models.UniqueConstraint(fields=("user", "profile"), name="users_follow_profile_once"),
                    models.UniqueConstraint(fields=("user", "league"), name="users_follow_league_once"),
                ],
            },
        ),
        migrations.AddField(
            model_name="notification",
            name="event",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="sim.event",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("upgraded", "Your profiles have moved to the new model"),
                    ("linked", "A profile was linked to your account"),
                    ("verified", "A profile was verified as yours"),
                    ("unverified", "A profile is no longer verified as yours"),
                    ("unlinked", "A profile was unlinked from your account"),
                    ("reminder", "A link is about to lapse"),
                    ("lapsed", "A link has lapsed"),
                    ("taken_over", "A profile went to somebody else"),
                    ("disputed", "Somebody else says that a profile is theirs"),
                    ("decided", "Staff decided about a claim"),
                    ("merged", "Two profiles became one"),
                    ("claimed", "A claim waits for the staff"),
                    ("import_refused", "Result files were refused"),
                    ("league_decided", "Staff decided about a league you run"),
                    ("reported", "Somebody says that a result is wrong"),
                    ("report_answered", "What you said of a result was answered"),
                    ("incident", "A driver reported an incident"),
                    ("ruled", "Stewards decided about a result of yours"),
                    ("name_asked", "A league asks whether a name is yours"),
                    ("name_answered", "A member answered whether a name is theirs"),
                    ("name_tied", "Results of a name became yours, or are not yours any more"),
                    ("detached", "It was decided whether somebody drove"),
                    ("result", "A new result of yours is in"),
                    ("followed", "Results of whom you follow are in"),
                ],
                max_length=20,
            ),
        ),
        recorded.RunPython(add_key, drop_key, elidable=False),
        PreserveOnReverse("follow"),
        PreserveOnReverse("notification", ["event"]),
    ]
