"""What stands in the way of a move: objects of the operator's own that hold on to the table and not to its name."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.partitions.moving import MIRROR
from simlane.sim.partitions.tables import TABLE, detached, owner_may

_FOUND = """SELECT 'the view ' || r.ev_class::regclass FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = %(table)s::regclass
    UNION SELECT 'the foreign key ' || conname || ' of ' || conrelid::regclass FROM pg_constraint
        WHERE contype = 'f' AND %(table)s::regclass IN (conrelid, confrelid) AND conparentid = 0
    UNION SELECT 'the trigger ' || tgname FROM pg_trigger
        WHERE tgrelid = %(table)s::regclass AND NOT tgisinternal AND tgname NOT LIKE %(ours)s
    UNION SELECT 'the publication ' || pubname FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid
        WHERE r.prrelid = %(table)s::regclass
    UNION SELECT 'the policy ' || polname FROM pg_policy WHERE polrelid = %(table)s::regclass
    UNION SELECT 'rights on the column ' || attname FROM pg_attribute
        WHERE attrelid = %(table)s::regclass AND attacl IS NOT NULL
    ORDER BY 1"""


def hindrances(connection: BaseDatabaseWrapper) -> list[str]:
    """A line for each thing that would be lost, or would hold the old table."""
    found = []
    if not owner_may(connection):
        found.append(f"This database user does not own {TABLE}: give DATABASE_URL its owner.")
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, {"table": TABLE, "ours": f"{MIRROR}%"})
        found += [f"{what} holds {TABLE}: drop it, and make it anew afterwards." for (what,) in cursor.fetchall()]
    found += [
        f"{name} is left of an archive that was interrupted: run that again." for name, *_ in detached(connection)
    ]
    return found
