"""SQLite's triggers for deleted accounts and the history of links.

On PostgreSQL migrations make them (sim.legacy.triggers). Whoever changes a trigger here writes a migration that changes
PostgreSQL's.
"""

from __future__ import annotations

_ONLY_GROWS = "The history of profiles only grows: its rows are never changed or deleted."

# Rule 4: an account that goes unlinks its profiles, whoever deletes it and by whatever statement. `{accounts}` is the
# accounts' table.
UNLINK = """CREATE TRIGGER IF NOT EXISTS sim_unlink_profiles BEFORE DELETE ON {accounts} BEGIN
    UPDATE sim_simprofile SET linked_user_id = NULL, linked_at = NULL, is_verified = 0, is_public = 1,
        last_change = json_object('how', 'account_deleted', 'actor', OLD.id)
    WHERE linked_user_id = OLD.id;
END"""

# Rule 8: whatever statement changes a link or a visibility, the database writes down what it was and what it is, with
# the explanation in `last_change` (see sim.ownership.history). If this UPDATE left last_change as it was, it belongs
# to an earlier change: record no actor.
HISTORY = (
    """CREATE TRIGGER IF NOT EXISTS sim_write_history AFTER UPDATE ON sim_simprofile
    WHEN NEW.linked_user_id IS NOT OLD.linked_user_id OR NEW.is_verified IS NOT OLD.is_verified
        OR NEW.is_public IS NOT OLD.is_public OR NEW.merged_into_id IS NOT OLD.merged_into_id
        OR (NEW.last_change IS NOT OLD.last_change AND json_extract(NEW.last_change, '$.action') IS NOT NULL)
    BEGIN
        INSERT INTO sim_historyentry (profile_id, at, action, how, actor_id, account_id, was_account_id,
            verified, was_verified, public, was_public, evidence)
        SELECT NEW.id, strftime('%Y-%m-%d %H:%M:%f', 'now'),
            COALESCE(
                CASE WHEN NEW.last_change IS NOT OLD.last_change THEN json_extract(NEW.last_change, '$.action') END,
                CASE WHEN OLD.merged_into_id IS NULL AND NEW.merged_into_id IS NOT NULL THEN 'merge'
                    WHEN OLD.merged_into_id IS NOT NULL AND NEW.merged_into_id IS NULL THEN 'unmerge'
                    WHEN OLD.linked_user_id IS NULL AND NEW.linked_user_id IS NOT NULL THEN 'link'
                    WHEN OLD.linked_user_id IS NOT NULL AND NEW.linked_user_id IS NULL THEN 'unlink'
                    WHEN OLD.linked_user_id <> NEW.linked_user_id THEN 'transfer'
                    WHEN NEW.is_verified AND NOT OLD.is_verified THEN 'verify'
                    WHEN OLD.is_verified AND NOT NEW.is_verified THEN 'unverify'
                    WHEN NEW.is_public THEN 'show' ELSE 'hide' END),
            COALESCE(
                CASE WHEN NEW.last_change IS NOT OLD.last_change THEN json_extract(NEW.last_change, '$.how') END, ''),
            CASE WHEN NEW.last_change IS NOT OLD.last_change THEN json_extract(NEW.last_change, '$.actor') END,
            NEW.linked_user_id, OLD.linked_user_id, NEW.is_verified, OLD.is_verified, NEW.is_public, OLD.is_public,
            CASE WHEN NEW.last_change IS NOT OLD.last_change THEN json_extract(NEW.last_change, '$.evidence') END;
    END""",
    f"""CREATE TRIGGER IF NOT EXISTS sim_keep_history_update BEFORE UPDATE ON sim_historyentry
    BEGIN SELECT RAISE(ABORT, '{_ONLY_GROWS}'); END""",
    f"""CREATE TRIGGER IF NOT EXISTS sim_keep_history_delete BEFORE DELETE ON sim_historyentry
    BEGIN SELECT RAISE(ABORT, '{_ONLY_GROWS}'); END""",
)
