"""Triggers and indexes that Django's models cannot declare: deleted accounts, the history of links, the search.

On PostgreSQL migrations make them, on SQLite see sim.database.sqlite.
"""

from __future__ import annotations

import re

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.database import rights

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
# the explanation in `last_change` (see sim.ownership.history). If this UPDATE left last_change as it was, it belongs
# to an earlier change: record no actor.
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


#: A trigger's function, as the statements above make it.
_FUNCTION = re.compile(r"CREATE OR REPLACE FUNCTION (\w+\(\)) RETURNS trigger")


def run(connection: BaseDatabaseWrapper, statements: dict[str, tuple[str, ...]]) -> None:
    """Run this database's statements of one of the constants above; trigger functions get their owner's rights."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)
            # Replacing a function takes away how it ran.
            if made := _FUNCTION.match(statement):
                rights.with_owners_rights(connection, [made[1]])
