"""The folded names of every account, and on PostgreSQL an index of their three-letter pieces.

Interrupted, it starts again and does no harm. SQLite's index is a full-text table: see simlane.sim.database.
"""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from simlane.sim.legacy import recorded
from simlane.sim.legacy.batches import HELD_AT_ONCE, by_key, come_back, in_batches
from simlane.sim.legacy.names import fold

INDEX = "CREATE INDEX CONCURRENTLY users_user_search_idx ON users_user USING gin (search_key gin_trgm_ops)"


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Folding is Python's: accounts stream through by key, each batch written by one statement."""
    users = apps.get_model("users", "User").objects.order_by("pk")
    empty = users.filter(search_key="").values_list("pk", "username", "first_name", "last_name")
    rows = empty
    if editor.connection.vendor == "postgresql":
        rows = rows.select_for_update(no_key=True, skip_locked=True)

    def write(low: Any, high: Any) -> int:
        ends = {"pk__gt": low, "pk__lte": high}
        return put(**{name: key for name, key in ends.items() if key is not None})

    def left() -> list[Any]:
        # Nothing may be left of a name that is folded.
        return [key for key, *names in empty.all() if fold(" ".join(names))][:HELD_AT_ONCE]

    def put(**which: Any) -> int:
        batch = list(rows.filter(**which))
        if not batch:
            return 0
        parameters: list[Any] = [value for key, *names in batch for value in (key, fold(" ".join(names)))]
        with editor.connection.cursor() as cursor:
            cursor.execute(
                f"""WITH new(id, search_key) AS (VALUES {", ".join(["(%s, %s)"] * len(batch))})
                UPDATE users_user SET search_key = new.search_key FROM new WHERE new.id = users_user.id""",
                parameters,
            )
        return len(batch)

    in_batches(editor.connection, "accounts", by_key(editor.connection, "users_user"), write)
    if editor.connection.vendor == "postgresql":
        come_back(editor.connection, "accounts", left, lambda held: put(pk__in=held))


def add_index(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        # What an interrupted build leaves is there, but not valid.
        remove_index(apps, editor)
        editor.execute(INDEX)


def remove_index(_: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP INDEX CONCURRENTLY IF EXISTS users_user_search_idx")


class Migration(recorded.Migration):
    # The index is built while the site serves, and each batch is kept.
    atomic = False
    dependencies = [("users", "0002_user_search_key")]

    operations = [
        recorded.RunPython(fill, migrations.RunPython.noop, elidable=False),
        recorded.RunPython(add_index, remove_index, elidable=False),
    ]
