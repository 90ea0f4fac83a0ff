"""What an operator has built on the tables that the upgrade changes: some of it stops a step, some is only noted."""

from __future__ import annotations

from typing import Any

from django.db import connection

from simlane.upgrade.plan.facts import Facts
from simlane.upgrade.state import TABLE

#: The old release's own tables that the upgrade writes or alters.
CHANGED = (TABLE, "sim_simulator", "sim_event", "users_user")
#: The column that the contract drops.
OWNER = "user_id"
#: Triggers that the upgrade or an adoption makes.
OURS = r"sim\_(upgrade|adopt)\_%%"
#: Columns of which the old release has an index of its own; every other index is the operator's.
INDEXED = {
    TABLE: ("id", "user_id", "simulator_id"),
    "sim_simulator": ("id", "name", "slug"),
    "sim_event": ("id", "simulator_id"),
    "users_user": ("id", "username", "search_key"),
}


def look(found: Facts) -> None:
    """Adds to `found` what depends on the tables of `CHANGED`."""
    _stopping(found)
    found.contract_hindrances += contract_hindrances()
    _noted(found)


def contract_hindrances() -> list[str]:
    """What keeps the database from dropping the owner's column."""
    rows = _all(
        """SELECT DISTINCT COALESCE(
            (SELECT CASE c.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || c.oid::regclass::text
                FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
                WHERE d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.rulename = '_RETURN'),
            pg_describe_object(d.classid, d.objid, d.objsubid))
        FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass(%s) AND a.attname = %s
            AND (d.deptype = 'n' OR (d.classid = 'pg_class'::regclass AND d.objsubid > 0)
                OR EXISTS (SELECT 1 FROM pg_attrdef f JOIN pg_attribute g ON g.attrelid = f.adrelid
                    AND g.attnum = f.adnum AND g.attgenerated <> ''
                    WHERE d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid))
            AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
                AND (t.tgisinternal OR t.tgname LIKE 'sim\\_upgrade\\_%%'))
            AND d.classid <> 'pg_constraint'::regclass
        ORDER BY 1""",
        [TABLE, OWNER],
    )
    keys = _all(
        """SELECT k.conname, k.conrelid::regclass::text, k.conindid::regclass::text FROM pg_constraint k
        JOIN pg_index i ON i.indexrelid = k.conindid
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = %s AND a.attnum = ANY(i.indkey)
        WHERE k.contype = 'f' AND k.confrelid = to_regclass(%s) AND k.conparentid = 0
            -- One of the table itself that begins at the column goes with it.
            AND NOT (k.conrelid = k.confrelid AND a.attnum = ANY(k.conkey))
        ORDER BY 2, 1""",
        [OWNER, TABLE],
    )
    return [
        *(f"{what} needs {TABLE}.{OWNER}, which goes: drop it, or write it with linked_user_id." for (what,) in rows),
        *(
            f"The foreign key {name} of {table} stands on {index}, which goes with {TABLE}.{OWNER}: "
            f"ALTER TABLE {table} DROP CONSTRAINT {name}, or let it point at {TABLE} (id) alone."
            for name, table, index in keys
        ),
    ]


def _stopping(found: Facts) -> None:
    found.hindrances += [
        f"The rule {rule} of {table} changes what the upgrade's statements do: drop it."
        for rule, table in _all(
            """SELECT r.rulename, c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
            WHERE c.oid = ANY(%s::regclass[]) AND c.relkind IN ('r', 'p') ORDER BY 2, 1""",
            [_there()],
        )
    ]
    found.hindrances += [
        f"{table} is partitioned or inherited: indexes cannot be built on it online."
        for (table,) in _all(
            """SELECT c.relname FROM pg_class c WHERE c.oid = ANY(%s::regclass[]) AND (c.relkind <> 'r'
                OR EXISTS (SELECT 1 FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))) ORDER BY 1""",
            [_there()],
        )
    ]


def _noted(found: Facts) -> None:
    there = _there()
    found.warnings += [
        f"The {'materialized view' if kind == 'm' else 'view'} {view} reads {table}: it stays, without the new columns."
        for view, kind, table in _all(
            """SELECT DISTINCT v.oid::regclass::text, v.relkind, c.relname FROM pg_depend d
            JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class
            JOIN pg_class c ON c.oid = d.refobjid
            WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND v.oid <> c.oid
                AND v.relkind IN ('v', 'm') AND c.oid = ANY(%s::regclass[]) ORDER BY 1""",
            [there],
        )
    ]
    found.warnings += [
        f"The trigger {trigger} of {table} is the operator's: it runs for rows that the upgrade writes, too."
        for trigger, table in _all(
            f"""SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            WHERE c.oid = ANY(%s::regclass[]) AND NOT t.tgisinternal AND t.tgenabled <> 'D'
                AND NOT t.tgname SIMILAR TO '{OURS}' ORDER BY 2, 1""",
            [there],
        )
    ]
    found.warnings += [
        f"The foreign key {name} of {table} points at {target}: it is kept, and holds as before."
        for name, table, target in _all(
            """SELECT k.conname, k.conrelid::regclass::text, c.relname FROM pg_constraint k
            JOIN pg_class c ON c.oid = k.confrelid WHERE k.contype = 'f' AND k.confrelid = ANY(%s::regclass[])
                AND NOT EXISTS (SELECT 1 FROM unnest(%s::text[]) AS name
                    WHERE to_regclass(quote_ident(name)) = k.conrelid)
            ORDER BY 2, 1""",
            [[table for table in there if table != "users_user"], _of_django()],
        )
    ]
    found.warnings += [
        f"The column {table}.{column} is generated: it is computed again for each row that the upgrade writes."
        for table, column in _all(
            """SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE a.attrelid = ANY(%s::regclass[]) AND a.attgenerated <> '' AND NOT a.attisdropped ORDER BY 1, 2""",
            [there],
        )
    ]
    _indexes(found, there)
    publications = _all(
        """SELECT DISTINCT pubname, tablename FROM pg_publication_tables
        WHERE schemaname = current_schema() AND tablename = ANY(%s) ORDER BY 1, 2""",
        [there],
    )
    found.warnings += [
        f"The publication {publication} has {table}: a subscriber stops at the first row until its own copy of the "
        "table has the new columns (profile_identifier, linked_user_id, is_public, linked_at and those after)."
        for publication, table in publications
    ]


def _indexes(found: Facts, there: list[str]) -> None:
    rows = _all(
        """SELECT i.indexrelid::regclass::text, c.relname, i.indisvalid,
            ARRAY(SELECT a.attname::text FROM pg_attribute a
                WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)),
            i.indnatts > 1 OR i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR m.amname <> 'btree',
            EXISTS (SELECT 1 FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid
                AND a.attnum = d.refobjsubid WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                AND d.refobjid = i.indrelid AND a.attname = 'user_id')
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
        JOIN pg_am m ON m.oid = x.relam WHERE i.indrelid = ANY(%s::regclass[]) ORDER BY 2, 1""",
        [there],
    )
    for name, table, valid, columns, special, of_owner in rows:
        if not valid:
            found.warnings.append(f"The index {name} of {table} is not valid: drop it, or build it again.")
        own = special or not set(columns) <= set(INDEXED[table])
        if own and of_owner and table == TABLE:
            found.warnings.append(
                f"The index {name} is on {TABLE}.{OWNER} and goes with it at the contract; a rollback makes it again."
            )
        elif own:
            found.warnings.append(
                f"The index {name} of {table} is the operator's: it is kept, and makes the backfill slower and larger."
            )


def _there() -> list[str]:
    return [
        name
        for (name,) in _all(
            "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL", [list(CHANGED)]
        )
    ]


def _of_django() -> list[str]:
    """The tables of the installed applications, whose keys are the release's own."""
    from django.apps import apps

    return [model._meta.db_table for model in apps.get_models(include_auto_created=True)]


def _all(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
