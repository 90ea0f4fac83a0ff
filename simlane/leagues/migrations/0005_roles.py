"""Roles beside owner and organiser, also for who is invited; whoever had one keeps it."""

from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse

ROLES = [
    ("owner", "Owner"),
    ("organiser", "Organiser"),
    ("steward", "Steward"),
    ("viewer", "Viewer of drafts"),
]


class Migration(recorded.Migration):
    dependencies = [("leagues", "0004_keep_seasons")]

    operations = [
        migrations.AlterModelOptions(name="membership", options={"ordering": ["pk"]}),
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(choices=ROLES, default="organiser", max_length=10),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["owner", "organiser", "steward", "viewer"])),
                name="leagues_membership_role",
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="role",
            field=models.CharField(choices=ROLES, db_default="organiser", default="organiser", max_length=10),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["organiser", "steward", "viewer"])), name="leagues_invitation_role"
            ),
        ),
        PreserveOnReverse("invitation", ["role"]),
    ]
