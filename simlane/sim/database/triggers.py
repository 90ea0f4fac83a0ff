"""What the databases hold that Django's models cannot say: search indexes, the history of links, deleted accounts.

On PostgreSQL migrations make them. SQLite changes a table by rebuilding it, which drops its triggers and fails
when another table's trigger names it: there they go before any migration and come back after it (see sim.apps).
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

# Rule 4: an account that goes unlinks its profiles, whoever deletes it and by whatever statement.
UNLINK = {
    "postgresql": (
        """CREATE OR REPLACE FUNCTION sim_unlink_profiles() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE sim_simprofile
            SET linked_user_id = NULL, linked_at = NULL, is_verified = false, is_public = true
            WHERE linked_user_id = OLD.id;
            RETURN OLD;
        END $$""",
        """CREATE OR REPLACE TRIGGER sim_unlink_profiles BEFORE DELETE ON users_user
        FOR EACH ROW EXECUTE FUNCTION sim_unlink_profiles()""",
    ),
    "sqlite": (
        """CREATE TRIGGER IF NOT EXISTS sim_unlink_profiles BEFORE DELETE ON users_user BEGIN
            UPDATE sim_simprofile SET linked_user_id = NULL, linked_at = NULL, is_verified = 0, is_public = 1
            WHERE linked_user_id = OLD.id;
        END""",
    ),
}
# With the columns of 0023: the history says why.
UNLINK_WITH_HISTORY: dict[str, tuple[str, ...]] = {
    "postgresql": (
        UNLINK["postgresql"][0].replace(
            "is_public = true",
            "is_public = true,\nlast_change = jsonb_build_object('how', 'account_deleted', 'actor', OLD.id)",
        ),
    ),
    "sqlite": (
        UNLINK["sqlite"][0].replace(
            "is_public = 1",
            "is_public = 1,\nlast_change = json_object('how', 'account_deleted', 'actor', OLD.id)",
        ),
    ),
}
DROP_UNLINK = {
    "postgresql": (
        "DROP TRIGGER IF EXISTS sim_unlink_profiles ON users_user",
        "DROP FUNCTION IF EXISTS sim_unlink_profiles()",
    ),
    "sqlite": ("DROP TRIGGER IF EXISTS sim_unlink_profiles",),
}

# Rule 8: whatever statement changes a link or a visibility, the database writes down what it was and what it is, with
# the explanation that the statement gave in `last_change` (see
# sim.ownership.history). An unchanged one explains an older act.
_ENTRY = """
INSERT INTO sim_historyentry (profile_id, at, action, how, actor_id, account_id, was_account_id,
    verified, was_verified, public, was_public, evidence)
SELECT NEW.id, {now},
    COALESCE(CASE WHEN NEW.last_change {differs} OLD.last_change THEN {action} END,
        CASE WHEN OLD.merged_into_id IS NULL AND NEW.merged_into_id IS NOT NULL THEN 'merge'
            WHEN OLD.merged_into_id IS NOT NULL AND NEW.merged_into_id IS NULL THEN 'unmerge'
            WHEN OLD.linked_user_id IS NULL AND NEW.linked_user_id IS NOT NULL THEN 'link'
            WHEN OLD.linked_user_id IS NOT NULL AND NEW.linked_user_id IS NULL THEN 'unlink'
            WHEN OLD.linked_user_id <> NEW.linked_user_id THEN 'transfer'
            WHEN NEW.is_verified AND NOT OLD.is_verified THEN 'verify'
            WHEN OLD.is_verified AND NOT NEW.is_verified THEN 'unverify'
            WHEN NEW.is_public THEN 'show' ELSE 'hide' END),
    COALESCE(CASE WHEN NEW.last_change {differs} OLD.last_change THEN {how} END, ''),
    CASE WHEN NEW.last_change {differs} OLD.last_change THEN {actor} END,
    NEW.linked_user_id, OLD.linked_user_id, NEW.is_verified, OLD.is_verified, NEW.is_public, OLD.is_public,
    CASE WHEN NEW.last_change {differs} OLD.last_change THEN {evidence} END;"""
_CHANGED = """NEW.linked_user_id {differs} OLD.linked_user_id OR NEW.is_verified {differs} OLD.is_verified
    OR NEW.is_public {differs} OLD.is_public OR NEW.merged_into_id {differs} OLD.merged_into_id
    OR (NEW.last_change {differs} OLD.last_change AND {action} IS NOT NULL)"""
_WORDS = {
    "postgresql": {
        "now": "clock_timestamp()",
        "differs": "IS DISTINCT FROM",
        "action": "NEW.last_change ->> 'action'",
        "how": "NEW.last_change ->> 'how'",
        "actor": "(NEW.last_change ->> 'actor')::bigint",
        "evidence": "NEW.last_change -> 'evidence'",
    },
    "sqlite": {
        "now": "strftime('%Y-%m-%d %H:%M:%f', 'now')",
        "differs": "IS NOT",
        "action": "json_extract(NEW.last_change, '$.action')",
        "how": "json_extract(NEW.last_change, '$.how')",
        "actor": "json_extract(NEW.last_change, '$.actor')",
        "evidence": "json_extract(NEW.last_change, '$.evidence')",
    },
}
# After a way back and forth: links that the old release changed meanwhile, without a history.
HISTORY_GAPS = {
    vendor: (
        """INSERT INTO sim_historyentry (profile_id, at, action, how, account_id, was_account_id,
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
            AND (p.linked_user_id {differs} h.account_id OR p.is_verified <> h.verified OR p.is_public <> h.public)
        """.format(**words),
    )
    for vendor, words in _WORDS.items()
}
_ONLY_GROWS = "The history of profiles only grows: its rows are never changed or deleted."
HISTORY = {
    "postgresql": (
        f"""CREATE OR REPLACE FUNCTION sim_write_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {_ENTRY.format(**_WORDS["postgresql"])} RETURN NULL; END $$""",
        f"""CREATE OR REPLACE TRIGGER sim_write_history AFTER UPDATE ON sim_simprofile
        FOR EACH ROW WHEN ({_CHANGED.format(**_WORDS["postgresql"])}) EXECUTE FUNCTION sim_write_history()""",
        f"""CREATE OR REPLACE FUNCTION sim_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{_ONLY_GROWS}' USING ERRCODE = 'restrict_violation'; END $$""",
        """CREATE OR REPLACE TRIGGER sim_keep_history BEFORE UPDATE OR DELETE OR TRUNCATE ON sim_historyentry
        FOR EACH STATEMENT EXECUTE FUNCTION sim_keep_history()""",
    ),
    "sqlite": (
        f"""CREATE TRIGGER IF NOT EXISTS sim_write_history AFTER UPDATE ON sim_simprofile
        WHEN {_CHANGED.format(**_WORDS["sqlite"])} BEGIN {_ENTRY.format(**_WORDS["sqlite"])} END""",
        f"""CREATE TRIGGER IF NOT EXISTS sim_keep_history_update BEFORE UPDATE ON sim_historyentry
        BEGIN SELECT RAISE(ABORT, '{_ONLY_GROWS}'); END""",
        f"""CREATE TRIGGER IF NOT EXISTS sim_keep_history_delete BEFORE DELETE ON sim_historyentry
        BEGIN SELECT RAISE(ABORT, '{_ONLY_GROWS}'); END""",
    ),
}
DROP_HISTORY = {
    "sqlite": tuple(
        f"DROP TRIGGER IF EXISTS {name}"
        for name in ("sim_write_history", "sim_keep_history_update", "sim_keep_history_delete")
    ),
    "postgresql": (
        "DROP TRIGGER IF EXISTS sim_write_history ON sim_simprofile",
        "DROP TRIGGER IF EXISTS sim_keep_history ON sim_historyentry",
        "DROP FUNCTION IF EXISTS sim_write_history()",
        "DROP FUNCTION IF EXISTS sim_keep_history()",
    ),
}


#: Names are searched by prefix and by three-letter pieces anywhere; mistyped words among all words.
SEARCH_INDEXES = {
    "postgresql": {
        "sim_profilename_prefix_idx": 'sim_profilename (folded COLLATE "C")',
        "sim_profilename_trgm_idx": "sim_profilename USING gin (folded gin_trgm_ops)",
        "sim_nameword_trgm_idx": "sim_nameword USING gin (word gin_trgm_ops)",
    },
    "sqlite": {"sim_profilename_prefix_idx": "sim_profilename (folded)"},
}

#: On SQLite, after a way back: the old release deletes accounts and does not know these tables. On PostgreSQL see
#: sim.legacy.window and users.0004.
OLD_ACCOUNTS = {
    "account_emailconfirmation": "email_address_id IN (SELECT id FROM account_emailaddress WHERE user_id = OLD.id)",
    "account_emailaddress": "user_id = OLD.id",
    "mfa_authenticator": "user_id = OLD.id",
    "waffle_flag_users": "user_id = OLD.id",
    "socialaccount_socialtoken": "account_id IN (SELECT id FROM socialaccount_socialaccount WHERE user_id = OLD.id)",
    "socialaccount_socialaccount": "user_id = OLD.id",
    "sim_claimimage": "claim_id IN (SELECT id FROM sim_claim WHERE claimant_id = OLD.id)",
    "sim_claim": "claimant_id = OLD.id",
    "sim_ownershipcode": "user_id = OLD.id",
    "users_notification": "user_id = OLD.id",
    "users_mailchoice": "user_id = OLD.id",
}

#: SQLite's full-text tables of three-letter pieces: the table each follows, and what of a row it holds. Spaces
#: around a word make its beginning and its end pieces of their own, as PostgreSQL's pg_trgm does.
FULL_TEXT = (
    ("sim_profilename", "{row}.folded"),
    ("sim_nameword", "'  ' || {row}.word || ' '"),
    ("users_user", "{row}.search_key"),
)
#: The tables SQLite's triggers speak of: before all of them are there, none is made.
NEEDED = {"users_user", "sim_simprofile", "sim_personalbest", *(table for table, _ in FULL_TEXT)}


def run(connection: BaseDatabaseWrapper, statements: dict[str, tuple[str, ...]]) -> None:
    """Runs this database's statements of one of the tables above."""
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)


def drop_sqlite_triggers(connection: BaseDatabaseWrapper) -> None:
    """Before migrations: SQLite cannot rebuild a table that another table's trigger names."""
    with connection.cursor() as cursor:
        ours = "name LIKE 'sim\\_%' ESCAPE '\\' OR name LIKE 'users\\_user\\_fts\\_%' ESCAPE '\\'"
        cursor.execute(f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND ({ours})")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
        for table, _ in FULL_TEXT:
            cursor.execute(f"DROP TABLE IF EXISTS {table}_fts")


def install_sqlite_triggers(connection: BaseDatabaseWrapper) -> None:
    """After migrations, when the schema is complete: the full-text tables, filled, and every trigger."""
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        _forget_old_accounts(cursor, existing)
        if not existing >= NEEDED:
            return
        accounts = {column.name for column in connection.introspection.get_table_description(cursor, "users_user")}
        for table, text in FULL_TEXT:
            fts = f"{table}_fts"
            if fts in existing or (table == "users_user" and "search_key" not in accounts):
                continue
            add = f"INSERT INTO {fts}(rowid, text) VALUES (new.id, {text.format(row='new')});"
            remove = f"INSERT INTO {fts}({fts}, rowid, text) VALUES ('delete', old.id, {text.format(row='old')});"
            # content='': the index alone, since only row ids are asked of it.
            cursor.execute(
                f"CREATE VIRTUAL TABLE {fts} USING fts5(text, content='', tokenize='trigram case_sensitive 1')"
            )
            cursor.execute(f"INSERT INTO {fts}(rowid, text) SELECT id, {text.format(row=table)} FROM {table}")
            cursor.execute(f"CREATE TRIGGER {fts}_insert AFTER INSERT ON {table} BEGIN {add} END")
            cursor.execute(f"CREATE TRIGGER {fts}_delete AFTER DELETE ON {table} BEGIN {remove} END")
            cursor.execute(f"CREATE TRIGGER {fts}_update AFTER UPDATE ON {table} BEGIN {remove} {add} END")
        profiles = {each.name for each in connection.introspection.get_table_description(cursor, "sim_simprofile")}
    if "sim_historyentry" in existing and "last_change" in profiles:
        run(connection, HISTORY)
        run(connection, UNLINK_WITH_HISTORY)
    else:
        run(connection, UNLINK)


def _forget_old_accounts(cursor: CursorWrapper, existing: set[str]) -> None:
    there = [f"DELETE FROM {table} WHERE {whose};" for table, whose in OLD_ACCOUNTS.items() if table in existing]
    if there and "users_user" in existing:
        cursor.execute("DROP TRIGGER IF EXISTS sim_old_accounts")
        cursor.execute(f"CREATE TRIGGER sim_old_accounts BEFORE DELETE ON users_user BEGIN {' '.join(there)} END")
