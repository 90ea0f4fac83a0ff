"""What migration 0037 does: who has no name in a result has none, where "Unknown driver" was stored as one."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.batches import by_key, in_batches, keep_out_imports

STEP = "names"
STORED = "Unknown driver"
#: The old release's profiles are called what somebody typed.
_IMPORTED = "NOT EXISTS (SELECT 1 FROM sim_legacyprofile l WHERE l.profile_id = {})"


def forget(connection: BaseDatabaseWrapper) -> None:
    """Takes the words away, in batches; again does no harm."""
    _write(connection, STORED, "")


def restore(connection: BaseDatabaseWrapper) -> None:
    """Stores the words where there is no name."""
    _write(connection, "", STORED)


def _write(connection: BaseDatabaseWrapper, old: str, new: str) -> None:
    folded = new.lower()
    _rename(connection, "sim_entrydriver", {"name": new}, "name = %s", old)
    ours = _IMPORTED.format("sim_profilename.profile_id")
    _rename(connection, "sim_profilename", {"name": new, "folded": folded}, f"name = %s AND {ours}", old)
    ours = _IMPORTED.format("sim_simprofile.id")
    names = {"profile_name": new, "name_key": folded}
    _rename(connection, "sim_simprofile", names, f"profile_name = %s AND {ours}", old)


def _rename(connection: BaseDatabaseWrapper, table: str, texts: dict[str, str], where: str, old: str) -> None:
    assignments = ", ".join(f"{column} = %s" for column in texts)

    def write(low: Any, high: Any) -> int:
        keep_out_imports(connection)
        ends = {f"{table}.id > %s": low, f"{table}.id <= %s": high}
        given = {condition: key for condition, key in ends.items() if key is not None}
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET {assignments} WHERE {' AND '.join([where, *given])}",
                [*texts.values(), old, *given.values()],
            )
            return int(cursor.rowcount)

    in_batches(connection, STEP, by_key(connection, table), write)
