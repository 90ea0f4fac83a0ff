"""Rules of merged profiles, as constraints; 0027 looks at the rows that are there."""

from django.db import migrations, models

from simlane.sim.legacy import online, recorded

# After a way back and forth: the older schema had no private profile of nobody.
MERGED = (
    "UPDATE sim_simprofile SET is_public = {} WHERE id IN (SELECT merged_id FROM sim_merge WHERE undone_at IS NULL)"
)


class Migration(recorded.Migration):
    dependencies = [("sim", "0025_keep_ownership")]

    operations = [
        migrations.RemoveConstraint(model_name="simprofile", name="sim_profile_private_is_verified"),
        online.AddCheckOnline(
            model_name="simprofile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_public", True), ("is_verified", True), ("merged_into__isnull", False), _connector="OR"
                ),
                name="sim_profile_private_is_proved",
            ),
        ),
        migrations.RunSQL(MERGED.format("false"), MERGED.format("true")),
        online.AddCheckOnline(
            model_name="simprofile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into__isnull", True),
                    models.Q(("is_public", False), ("linked_user__isnull", True)),
                    _connector="OR",
                ),
                name="sim_profile_merged_is_no_profile",
            ),
        ),
        online.CheckForeignKeyOnline("simprofile", "merged_into"),
    ]
