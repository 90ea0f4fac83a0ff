"""The rules of a profile, as constraints; 0014 looks at the rows that are there."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from simlane.sim.legacy import online, recorded


class Migration(recorded.Migration):
    dependencies = [("sim", "0012_remove_user")]

    operations = [
        migrations.AlterField(
            model_name="simprofile",
            name="linked_user",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="linked_sim_profiles",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="simprofile",
            name="profile_data",
            field=models.JSONField(blank=True, default=dict),
        ),
        online.AlterForeignKeyOnline(
            model_name="simprofile",
            name="simulator",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="profiles",
                to="sim.simulator",
            ),
        ),
        online.AlterForeignKeyOnline(
            model_name="contestedidentifier",
            name="profile",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="contested",
                to="sim.simprofile",
            ),
        ),
        online.AlterForeignKeyOnline(
            model_name="contestedidentifier",
            name="simulator",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="sim.simulator",
            ),
        ),
        online.CheckForeignKeyOnline("contestedidentifier", "profile"),
        online.CheckForeignKeyOnline("contestedidentifier", "simulator"),
        recorded.AtOnce(
            online.AddCheckOnline(
                model_name="simprofile",
                constraint=models.CheckConstraint(
                    condition=models.Q(("profile_identifier", ""), _negated=True),
                    name="sim_profile_identifier_filled",
                ),
            ),
            online.AddCheckOnline(
                model_name="simprofile",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("linked_at__isnull", True), ("linked_user__isnull", True)),
                        models.Q(("linked_at__isnull", False), ("linked_user__isnull", False)),
                        _connector="OR",
                    ),
                    name="sim_profile_linked_at_with_link",
                ),
            ),
            online.AddCheckOnline(
                model_name="simprofile",
                constraint=models.CheckConstraint(
                    condition=models.Q(("is_verified", False), ("linked_user__isnull", False), _connector="OR"),
                    name="sim_profile_verified_is_linked",
                ),
            ),
            online.AddCheckOnline(
                model_name="simprofile",
                constraint=models.CheckConstraint(
                    condition=models.Q(("is_public", True), ("is_verified", True), _connector="OR"),
                    name="sim_profile_private_is_verified",
                ),
            ),
        ),
    ]
