"""Whom members follow, and of which results they were told, outlive a way back; of an event nobody is told twice."""

from django.db import models

from simlane.sim.legacy import indexes, recorded
from simlane.sim.legacy.preserving import RestorePreserved


class Migration(recorded.Migration):
    # Rows come back in batches; interrupted, it goes on where it was.
    atomic = False
    dependencies = [("users", "0013_follows")]

    operations = [
        RestorePreserved("follow"),
        RestorePreserved("notification", ["event"]),
        indexes.AddUniqueIndexLater(
            model_name="notification",
            constraint=models.UniqueConstraint(
                condition=models.Q(("event__isnull", False)),
                fields=("event", "user"),
                name="users_notification_event_once",
            ),
        ),
        indexes.BuildIndexes("notification"),
    ]
