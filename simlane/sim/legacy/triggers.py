"""PostgreSQL's triggers and indexes that models cannot declare, as migrations 0014, 0020 and 0027 make them, and
results.0002.

Never edited: another trigger is a new migration with SQL of its own. SQLite's triggers are made after migrations
(sim.database.triggers).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from simlane.sim.legacy.rights import with_owners_rights

# 0014: an account that goes unlinks its profiles, whoever deletes it and by whatever statement.
UNLINK = (
    """CREATE OR REPLACE FUNCTION sim_unlink_profiles() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE sim_simprofile
        SET linked_user_id = NULL, linked_at = NULL, is_verified = false, is_public = true
        WHERE linked_user_id = OLD.id;
        RETURN OLD;
    END $$""",
    """CREATE OR REPLACE TRIGGER sim_unlink_profiles BEFORE DELETE ON users_user
    FOR EACH ROW EXECUTE FUNCTION sim_unlink_profiles()""",
)
DROP_UNLINK = (
    "DROP TRIGGER IF EXISTS sim_unlink_profiles ON users_user",
    "DROP FUNCTION IF EXISTS sim_unlink_profiles()",
)
# 0027: the same, and the history says why.
UNLINK_WITH_HISTORY = (
    """CREATE OR REPLACE FUNCTION sim_unlink_profiles() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE sim_simprofile
        SET linked_user_id = NULL, linked_at = NULL, is_verified = false, is_public = true,
        last_change = jsonb_build_object('how', 'account_deleted', 'actor', OLD.id)
        WHERE linked_user_id = OLD.id;
        RETURN OLD;
    END $$""",
)
# 0027: whatever statement changes a link or a visibility, the database writes down what it was and what it is, with the
# explanation in `last_change`. If this UPDATE left last_change as it was, it belongs to an earlier change.
HISTORY = (
    """CREATE OR REPLACE FUNCTION sim_write_history() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
    INSERT INTO sim_historyentry (profile_id, at, action, how, actor_id, account_id, was_account_id,
        verified, was_verified, public, was_public, evidence)
    SELECT NEW.id, clock_timestamp(),
        COALESCE(CASE WHEN NEW.last_change IS DISTINCT FROM OLD.last_change THEN NEW.last_change ->> 'action' END,
            CASE WHEN OLD.merged_into_id IS NULL AND NEW.merged_into_id IS NOT NULL THEN 'merge'
                WHEN OLD.merged_into_id IS NOT NULL AND NEW.merged_into_id IS NULL THEN 'unmerge'
                WHEN OLD.linked_user_id IS NULL AND NEW.linked_user_id IS NOT NULL THEN 'link'
                WHEN OLD.linked_user_id IS NOT NULL AND NEW.linked_user_id IS NULL THEN 'unlink'
                WHEN OLD.linked_user_id <> NEW.linked_user_id THEN 'transfer'
                WHEN NEW.is_verified AND NOT OLD.is_verified THEN 'verify'
                WHEN OLD.is_verified AND NOT NEW.is_verified THEN 'unverify'
                WHEN NEW.is_public THEN 'show' ELSE 'hide' END),
        COALESCE(CASE WHEN NEW.last_change IS DISTINCT FROM OLD.last_change THEN NEW.last_change ->> 'how' END, ''),
        CASE WHEN NEW.last_change IS DISTINCT FROM OLD.last_change THEN (NEW.last_change ->> 'actor')::bigint END,
        NEW.linked_user_id, OLD.linked_user_id, NEW.is_verified, OLD.is_verified, NEW.is_public, OLD.is_public,
        CASE WHEN NEW.last_change IS DISTINCT FROM OLD.last_change THEN NEW.last_change -> 'evidence' END;
    RETURN NULL;
    END $$""",
    """CREATE OR REPLACE TRIGGER sim_write_history AFTER UPDATE ON sim_simprofile
    FOR EACH ROW WHEN (NEW.linked_user_id IS DISTINCT FROM OLD.linked_user_id
        OR NEW.is_verified IS DISTINCT FROM OLD.is_verified OR NEW.is_public IS DISTINCT FROM OLD.is_public
        OR NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id
        OR (NEW.last_change IS DISTINCT FROM OLD.last_change AND NEW.last_change ->> 'action' IS NOT NULL))
    EXECUTE FUNCTION sim_write_history()""",
    """CREATE OR REPLACE FUNCTION sim_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
    RAISE EXCEPTION 'The history of profiles only grows: its rows are never changed or deleted.'
        USING ERRCODE = 'restrict_violation';
    END $$""",
    """CREATE OR REPLACE TRIGGER sim_keep_history BEFORE UPDATE OR DELETE OR TRUNCATE ON sim_historyentry
    FOR EACH STATEMENT EXECUTE FUNCTION sim_keep_history()""",
)
DROP_HISTORY = (
    "DROP TRIGGER IF EXISTS sim_write_history ON sim_simprofile",
    "DROP TRIGGER IF EXISTS sim_keep_history ON sim_historyentry",
    "DROP FUNCTION IF EXISTS sim_write_history()",
    "DROP FUNCTION IF EXISTS sim_keep_history()",
)

# results.0002: what was decided about results stays as it was decided.
DECISIONS = (
    """CREATE OR REPLACE FUNCTION sim_keep_decisions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
    RAISE EXCEPTION 'Decisions about results are only added: none is ever changed or deleted.'
        USING ERRCODE = 'restrict_violation';
    END $$""",
    """CREATE OR REPLACE TRIGGER sim_keep_decisions BEFORE UPDATE OR DELETE OR TRUNCATE ON results_decision
    FOR EACH STATEMENT EXECUTE FUNCTION sim_keep_decisions()""",
)
# results.0005: neither are stewards' rulings; one function speaks for both tables.
RULINGS = (
    """CREATE OR REPLACE TRIGGER sim_keep_rulings BEFORE UPDATE OR DELETE OR TRUNCATE ON results_ruling
    FOR EACH STATEMENT EXECUTE FUNCTION sim_keep_decisions()""",
)
DROP_RULINGS = ("DROP TRIGGER IF EXISTS sim_keep_rulings ON results_ruling",)
DROP_DECISIONS = (
    "DROP TRIGGER IF EXISTS sim_keep_decisions ON results_decision",
    "DROP FUNCTION IF EXISTS sim_keep_decisions()",
)

# results.0012: the function of DECISIONS guards those about names, too.
NAME_DECISIONS = (
    """CREATE OR REPLACE TRIGGER sim_keep_name_decisions BEFORE UPDATE OR DELETE OR TRUNCATE ON results_namedecision
    FOR EACH STATEMENT EXECUTE FUNCTION sim_keep_decisions()""",
)
DROP_NAME_DECISIONS = ("DROP TRIGGER IF EXISTS sim_keep_name_decisions ON results_namedecision",)

# 0020: names are searched by prefix and by three-letter pieces anywhere; mistyped words among all words.
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


def run(connection: BaseDatabaseWrapper, *statements: Iterable[str]) -> None:
    """Run the statements of one or more of the constants above; trigger functions get their owner's rights."""
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for statement in (each for constant in statements for each in constant):
            cursor.execute(statement)
            # Replacing a function takes away how it ran.
            if made := _FUNCTION.match(statement):
                with_owners_rights(connection, [made[1]])
