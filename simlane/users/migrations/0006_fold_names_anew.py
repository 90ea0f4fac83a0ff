"""Accounts whose names hold invisible characters get the search key of the names as they are folded now."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import QuerySet

from simlane.sim.legacy import recorded
from simlane.sim.legacy.batches import by_key, in_batches
from simlane.sim.legacy.names import fold


def fold_anew(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Reads every account's names in batches and writes the few keys that are others now; again does no harm."""
    users = apps.get_model("users", "User")

    def write(low: Any, high: Any) -> int:
        ends = {key: value for key, value in {"pk__gt": low, "pk__lte": high}.items() if value is not None}
        found = others(users.objects.filter(**ends))
        # Somebody may have renamed an account since: what is so when it is locked.
        held = users.objects.filter(pk__in=[user.pk for user in found]).select_for_update(no_key=True)
        changed = others(held.order_by("pk"))
        users.objects.bulk_update(changed, ["search_key"])
        return len(changed)

    def others(accounts: QuerySet[Any]) -> list[Any]:
        """Those of the accounts whose key is another one now, with that key."""
        changed = []
        for user in accounts.only("username", "first_name", "last_name", "search_key"):
            key = fold(f"{user.username} {user.first_name} {user.last_name}")
            if key != user.search_key:
                user.search_key = key
                changed.append(user)
        return changed

    in_batches(editor.connection, "accounts", by_key(editor.connection, "users_user"), write)


class Migration(recorded.Migration):
    # Each batch is kept, while the site serves.
    atomic = False
    dependencies = [("users", "0005_user_has_driver_page")]

    operations = [recorded.RunPython(fold_anew, migrations.RunPython.noop)]
