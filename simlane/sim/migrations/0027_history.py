"""From now on the database writes down every change of a link (on SQLite see sim.database)."""

from django.db import models, transaction

from simlane.sim.legacy import indexes, online, recorded, triggers

# After a way back and forth: links that the old release changed meanwhile, without a history.
GAPS = """INSERT INTO sim_historyentry (profile_id, at, action, how, account_id, was_account_id,
        verified, was_verified, public, was_public)
    SELECT p.id, {now},
        CASE WHEN h.account_id IS NULL AND p.linked_user_id IS NOT NULL THEN 'link'
            WHEN h.account_id IS NOT NULL AND p.linked_user_id IS NULL THEN 'unlink'
            WHEN h.account_id <> p.linked_user_id THEN 'transfer'
            WHEN p.is_verified AND NOT h.verified THEN 'verify'
            WHEN h.verified AND NOT p.is_verified THEN 'unverify'
            WHEN p.is_public THEN 'show' ELSE 'hide' END,
        '', p.linked_user_id, h.account_id, p.is_verified, h.verified, p.is_public, h.public
    FROM sim_historyentry h JOIN sim_simprofile p ON p.id = h.profile_id
    WHERE NOT EXISTS (SELECT 1 FROM sim_historyentry l WHERE l.profile_id = h.profile_id AND l.id > h.id)
        AND (p.linked_user_id {differs} h.account_id OR p.is_verified <> h.verified OR p.is_public <> h.public)"""
WORDS = {
    "postgresql": {"now": "clock_timestamp()", "differs": "IS DISTINCT FROM"},
    "sqlite": {"now": "strftime('%Y-%m-%d %H:%M:%f', 'now')", "differs": "IS NOT"},
}


def install(apps, schema_editor):
    connection = schema_editor.connection
    gaps = GAPS.format(**WORDS[connection.vendor])
    with connection.cursor() as cursor:
        cursor.execute(gaps)
        if connection.vendor != "sqlite":
            with transaction.atomic(connection.alias):
                # Once more, for what somebody changes before the triggers are there; nobody does while it is held.
                cursor.execute("LOCK TABLE sim_simprofile IN SHARE ROW EXCLUSIVE MODE")
                cursor.execute(gaps)
                triggers.run(connection, triggers.HISTORY, triggers.UNLINK_WITH_HISTORY)


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
