"""From now on the database writes down every change of a link (on SQLite see sim.database)."""

from django.db import models, transaction

from simlane.sim.legacy import indexes, online, recorded, triggers

# After a way back and forth: links that the old release changed meanwhile, without a history. `{first}` is the number
# from which on entries are the triggers' own; what a link was before those says what it had become without them.
GAPS = """INSERT INTO sim_historyentry ({key}profile_id, at, action, how, account_id, was_account_id,
        verified, was_verified, public, was_public)
    SELECT {number}h.profile_id, {now},
        CASE WHEN h.account_id IS NULL AND s.account_id IS NOT NULL THEN 'link'
            WHEN h.account_id IS NOT NULL AND s.account_id IS NULL THEN 'unlink'
            WHEN h.account_id <> s.account_id THEN 'transfer'
            WHEN s.verified AND NOT h.verified THEN 'verify'
            WHEN h.verified AND NOT s.verified THEN 'unverify'
            WHEN s.public THEN 'show' ELSE 'hide' END,
        '', s.account_id, h.account_id, s.verified, h.verified, s.public, h.public
    FROM sim_historyentry h JOIN {states} s ON {joined}
    WHERE {before} NOT EXISTS (SELECT 1 FROM sim_historyentry l WHERE l.profile_id = h.profile_id AND l.id > h.id {last})
        AND (s.account_id {differs} h.account_id OR s.verified <> h.verified OR s.public <> h.public)"""
ON_SQLITE = {
    "key": "",
    "number": "",
    "now": "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    "states": """(SELECT id, linked_user_id AS account_id, is_verified AS verified, is_public AS public
        FROM sim_simprofile)""",
    "joined": "s.id = h.profile_id",
    "before": "",
    "last": "",
    "differs": "IS NOT",
}
ON_POSTGRESQL = {
    "key": "id, ",
    "number": "{first} + row_number() OVER (ORDER BY h.id), ",
    "now": "'{at}'",
    "states": """LATERAL (SELECT CASE WHEN n.id IS NULL THEN p.linked_user_id ELSE n.was_account_id END AS account_id,
            COALESCE(n.was_verified, p.is_verified) AS verified, COALESCE(n.was_public, p.is_public) AS public
        FROM sim_simprofile p LEFT JOIN LATERAL (SELECT id, was_account_id, was_verified, was_public
            FROM sim_historyentry WHERE profile_id = p.id AND id >= {first} ORDER BY id LIMIT 1) n ON true
        WHERE p.id = h.profile_id)""",
    "joined": "true",
    "before": "h.id < {first} AND ",
    "last": "AND l.id < {first}",
    "differs": "IS DISTINCT FROM",
}
#: On the trigger, until the gaps of before are filled: the first of the numbers that are kept for them, and the time.
NOTE = "COMMENT ON TRIGGER sim_write_history ON sim_simprofile IS "


def install(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(GAPS.format(**ON_SQLITE))
            return
        _begin(connection, cursor)
        _fill(connection, cursor)


def _begin(connection, cursor):
    """Make the triggers, and keep numbers for the entries that are missing before those they write.

    Nothing is looked for meanwhile: nobody can change a link as long as the table is held.
    """
    if _note(cursor):
        return
    with transaction.atomic(connection.alias):
        cursor.execute("LOCK TABLE sim_simprofile IN SHARE ROW EXCLUSIVE MODE")
        sequence = "pg_get_serial_sequence('sim_historyentry', 'id')"
        cursor.execute(f"SELECT nextval({sequence}), clock_timestamp()")
        first, at = cursor.fetchone()
        # As many as there can be, since each follows an entry.
        cursor.execute(f"SELECT setval({sequence}, %s)", [2 * first])
        triggers.run(connection, triggers.HISTORY, triggers.UNLINK_WITH_HISTORY)
        cursor.execute(f"{NOTE}'{first} {at.isoformat()}'")


def _fill(connection, cursor):
    first, at = _note(cursor).split()
    with transaction.atomic(connection.alias):
        cursor.execute(GAPS.format(**ON_POSTGRESQL).format(first=int(first), at=at))
        cursor.execute(f"{NOTE}NULL")


def _note(cursor):
    cursor.execute(
        """SELECT obj_description(oid, 'pg_trigger') FROM pg_trigger
        WHERE tgrelid = to_regclass('sim_simprofile') AND tgname = 'sim_write_history'"""
    )
    row = cursor.fetchone()
    return row[0] if row else None


def remove(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        triggers.run(schema_editor.connection, triggers.UNLINK, triggers.DROP_HISTORY)


class Migration(recorded.Migration):
    # Rows are looked at while the site serves; again does no harm.
    atomic = False
    dependencies = [("sim", "0026_ownership_rules")]

    operations = [
        indexes.AddIndexOnline(
            model_name="simprofile",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["merged_into"],
                name="sim_profile_merged_into_idx",
            ),
        ),
        online.ValidateChecks("simprofile"),
        recorded.RunPython(install, remove),
    ]
