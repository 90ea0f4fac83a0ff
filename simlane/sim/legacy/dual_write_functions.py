"""The functions behind the triggers of sim.legacy.dual_write: each one's signature, what it returns, and its PL/pgSQL.

While one of them writes profiles itself, the dual write's own triggers rest: `REST` and `RESUME` stand around it. A
function's `SET simlane.upgrade` would say the same, but only a superuser may write that. An error between the two
rolls the setting back with everything else.
"""

#: Needs a variable `former` of type text. `RESUME` gives back what was in force, so that they may be nested.
REST = """former := COALESCE(current_setting('simlane.upgrade', true), '');
        PERFORM set_config('simlane.upgrade', 'on', true);"""
RESUME = "PERFORM set_config('simlane.upgrade', former, true);"

#: A save that changes nothing, or `QuerySet.update` of what is so already: the upgrade wrote that `is_verified`, now it
#: is the old release's own word, which a way back returns.
SAID_AGAIN = """IF to_jsonb(NEW) = to_jsonb(OLD) THEN
            UPDATE sim_legacyprofile SET is_verified = NEW.is_verified
            WHERE profile_id = OLD.id AND upgraded_is_verified = NEW.is_verified AND is_verified <> NEW.is_verified;
        END IF;"""

#: Around a question that finds a table and then asks it: between the two the upgrade may have given the table's rows
#: back and dropped it. The next try finds them where they are now.
ASK = "FOR tries IN 1..5 LOOP BEGIN"
AGAIN = """EXCEPTION WHEN undefined_table THEN NULL;
        END; END LOOP;
        RAISE undefined_table USING MESSAGE = 'tables come and go: try again';"""

FUNCTIONS = {
    # The old release was here; once a second is enough to know.
    "sim_upgrade_seen(kind text)": (
        "void",
        """BEGIN
        INSERT INTO sim_oldreleasewrite (seen_at, statement) SELECT clock_timestamp(), kind
        WHERE NOT EXISTS (SELECT 1 FROM sim_oldreleasewrite WHERE seen_at > clock_timestamp() - interval '1 second');
        END""",
    ),
    # Which release a statement is of, by the columns it names: one of these right after the other, once a statement.
    "sim_upgrade_0_new()": (
        "trigger",
        """BEGIN
        PERFORM set_config('simlane.names_new', 'on', true);
        RETURN NULL;
        END""",
    ),
    "sim_upgrade_0_old()": (
        "trigger",
        """BEGIN
        IF current_setting('simlane.names_new', true) = 'on' THEN
            PERFORM set_config('simlane.names_new', '', true);
        ELSE
            PERFORM sim_upgrade_seen('update');
        END IF;
        RETURN NULL;
        END""",
    ),
    # A row as the backfill would leave it, but for the platform's own id, which sim_upgrade_claim finds.
    "sim_upgrade_row(given sim_simprofile)": (
        "sim_simprofile",
        """BEGIN
        INSERT INTO sim_legacyprofile (profile_id, is_verified, upgraded_is_verified)
        VALUES (given.id, given.is_verified, true)
        ON CONFLICT (profile_id) DO UPDATE SET is_verified = EXCLUDED.is_verified, upgraded_is_verified = true;
        given.profile_identifier := sim_upgrade_fallback(given.profile_name, given.id);
        given.linked_user_id := given.user_id;
        given.linked_at := given.created_at;
        given.is_verified := true;
        RETURN given;
        END""",
    ),
    "sim_upgrade_1_insert()": (
        "trigger",
        """BEGIN
        IF NEW.user_id IS NULL THEN
            NEW.user_id := NEW.linked_user_id;
        ELSIF NEW.profile_identifier = '' THEN
            PERFORM sim_upgrade_seen('insert');
            NEW := sim_upgrade_row(NEW);
        END IF;
        RETURN NEW;
        END""",
    ),
    "sim_upgrade_2_save()": (
        "trigger",
        f"""BEGIN
        PERFORM sim_upgrade_seen('update');
        IF OLD.profile_identifier = '' THEN
            RETURN NEW;
        END IF;
        {SAID_AGAIN}
        IF NEW.user_id IS DISTINCT FROM OLD.user_id THEN
            IF OLD.linked_user_id = OLD.user_id AND OLD.linked_at = OLD.created_at AND NEW.user_id IS NOT NULL THEN
                NEW.linked_user_id := NEW.user_id;
                NEW.is_public := true;
            ELSE
                -- A save of what was read before the new release ended or moved the link brings nothing back.
                NEW.user_id := OLD.linked_user_id;
                NEW.is_verified := OLD.is_verified;
            END IF;
        END IF;
        IF NEW.is_verified IS DISTINCT FROM OLD.is_verified THEN
            IF (NEW.profile_name, NEW.profile_data) IS DISTINCT FROM (OLD.profile_name, OLD.profile_data)
                AND EXISTS (SELECT 1 FROM sim_legacyprofile l
                    WHERE l.profile_id = OLD.id AND l.is_verified = NEW.is_verified
                        AND l.upgraded_is_verified = OLD.is_verified)
            THEN
                -- Another field was edited, on what was read before the backfill came by.
                NEW.is_verified := OLD.is_verified;
            ELSE
                UPDATE sim_legacyprofile SET is_verified = NEW.is_verified, upgraded_is_verified = NEW.is_verified
                WHERE profile_id = OLD.id;
            END IF;
        END IF;
        RETURN NEW;
        END""",
    ),
    "sim_upgrade_3_link()": (
        "trigger",
        """BEGIN
        IF OLD.profile_identifier <> '' AND NEW.linked_user_id IS DISTINCT FROM OLD.linked_user_id THEN
            NEW.user_id := NEW.linked_user_id;
        END IF;
        RETURN NEW;
        END""",
    ),
    # Another platform id or simulator is another driver, unless results already stand under the first.
    "sim_upgrade_4_data()": (
        "trigger",
        """DECLARE slug text;
        BEGIN
        IF NEW.user_id IS NULL
            OR (NEW.simulator_id, NEW.profile_data) IS NOT DISTINCT FROM (OLD.simulator_id, OLD.profile_data) THEN
            RETURN NEW;
        END IF;
        -- Results that are just coming in hold a driver's row by its key alone, which an UPDATE does not wait for.
        PERFORM 1 FROM sim_simprofile WHERE id = OLD.id FOR UPDATE;
        IF sim_upgrade_raced(OLD.id) THEN
            NEW.simulator_id := OLD.simulator_id;
            RETURN NEW;
        END IF;
        SELECT s.slug INTO slug FROM sim_simulator s WHERE s.id = OLD.simulator_id;
        IF NEW.simulator_id = OLD.simulator_id AND sim_upgrade_platform_id(slug, NEW.profile_data)
            IS NOT DISTINCT FROM sim_upgrade_platform_id(slug, OLD.profile_data) THEN
            RETURN NEW;
        END IF;
        DELETE FROM sim_contestedidentifier WHERE profile_id = OLD.id;
        IF OLD.profile_identifier = '' THEN
            RETURN sim_upgrade_row(NEW);
        END IF;
        NEW.profile_identifier := sim_upgrade_fallback(NEW.profile_name, NEW.id);
        RETURN NEW;
        END""",
    ),
    "sim_upgrade_5_verified()": (
        "trigger",
        f"""BEGIN
        IF OLD.profile_identifier <> '' THEN
            NEW.is_verified := NEW.is_verified AND NEW.linked_user_id IS NOT NULL;
            -- A merged profile is nobody's and private; the column comes with migration 0023.
            NEW.is_public := to_jsonb(NEW) ->> 'merged_into_id' IS NULL AND (NEW.is_public OR NOT NEW.is_verified);
            {SAID_AGAIN}
        END IF;
        RETURN NEW;
        END""",
    ),
    # What has results, or was dealt with by the new release, is unlinked; anything else goes, with what is noted of it.
    "sim_upgrade_6_delete()": (
        "trigger",
        f"""DECLARE former text;
        BEGIN
        PERFORM sim_upgrade_seen('delete');
        IF sim_upgrade_raced(OLD.id) OR sim_upgrade_known(OLD.id) THEN
            {REST}
            UPDATE sim_simprofile SET user_id = NULL, linked_user_id = NULL, linked_at = NULL,
                is_verified = false, is_public = to_jsonb(OLD) ->> 'merged_into_id' IS NULL WHERE id = OLD.id;
            {RESUME}
            RETURN NULL;
        END IF;
        DELETE FROM sim_legacyprofile WHERE profile_id = OLD.id;
        DELETE FROM sim_contestedidentifier WHERE profile_id = OLD.id;
        IF to_regclass('$schema.sim_profilename') IS NOT NULL THEN
            DELETE FROM sim_profilename WHERE profile_id = OLD.id;
        END IF;
        IF to_regclass('$schema.sim_ownershipcode') IS NOT NULL THEN
            DELETE FROM sim_ownershipcode WHERE profile_id = OLD.id;
            DELETE FROM sim_linkreminder WHERE profile_id = OLD.id;
        END IF;
        RETURN OLD;
        END""",
    ),
    "sim_upgrade_7_claim()": (
        "trigger",
        """BEGIN
        IF NEW.user_id IS NOT NULL AND NEW.linked_at = NEW.created_at
            AND NEW.profile_identifier = sim_upgrade_fallback(NEW.profile_name, NEW.id)
            AND (TG_OP = 'INSERT' OR OLD.profile_identifier IS DISTINCT FROM NEW.profile_identifier) THEN
            PERFORM sim_upgrade_claim(NEW.id);
        END IF;
        RETURN NULL;
        END""",
    ),
    # Search and sorting by name come with migration 0018; before that there is nothing to fill.
    "sim_upgrade_8_name()": (
        "trigger",
        """DECLARE folded_name text;
        BEGIN
        IF to_regclass('$schema.sim_profilename') IS NULL THEN
            RETURN NULL;
        ELSIF TG_OP = 'INSERT' AND NEW.user_id IS NULL THEN
            RETURN NULL;
        ELSIF TG_OP = 'UPDATE' AND (NEW.profile_name = OLD.profile_name OR NEW.name_key <> OLD.name_key) THEN
            -- The new release writes the key with the name, and has written the name's row before.
            RETURN NULL;
        END IF;
        folded_name := sim_upgrade_fold(NEW.profile_name);
        INSERT INTO sim_profilename (profile_id, name, folded, last_used_at)
        VALUES (NEW.id, NEW.profile_name, folded_name, NEW.created_at) ON CONFLICT DO NOTHING;
        -- As sim.legacy.names has them, in the order in which the upgrade writes them.
        INSERT INTO sim_nameword (word, letters)
        SELECT word, (
            SELECT string_agg(letter, '' ORDER BY letter COLLATE "C") FROM regexp_split_to_table(word, '') AS letter
        ) FROM (SELECT DISTINCT unnest(string_to_array(left(folded_name, 2000), ' ')) AS word) AS every_word
        WHERE length(word) BETWEEN 2 AND 255 ORDER BY word COLLATE "C" ON CONFLICT DO NOTHING;
        UPDATE sim_simprofile SET name_key = left(folded_name, 255),
            last_active_at = CASE WHEN name_key = '' THEN created_at ELSE last_active_at END WHERE id = NEW.id;
        RETURN NULL;
        END""",
    ),
    "sim_upgrade_raced(key uuid)": (
        "boolean",
        f"""BEGIN
        {ASK}
        -- On a second way forward the results still wait for their table.
        IF to_regclass('$schema.kept_sim_entrydriver') IS NOT NULL THEN
            IF EXISTS (SELECT 1 FROM kept_sim_entrydriver WHERE profile_id = key) THEN
                RETURN true;
            END IF;
        END IF;
        IF to_regclass('$schema.sim_entrydriver') IS NULL THEN
            RETURN false;
        END IF;
        RETURN EXISTS (SELECT 1 FROM sim_entrydriver WHERE profile_id = key);
        {AGAIN}
        END""",
    ),
    # Ownership work: nothing of it is lost.
    "sim_upgrade_known(key uuid)": (
        "boolean",
        f"""BEGIN
        {ASK}
        IF to_regclass('$schema.kept_sim_historyentry') IS NOT NULL THEN
            IF EXISTS (SELECT 1 FROM kept_sim_historyentry WHERE profile_id = key AND how <> '') THEN
                RETURN true;
            END IF;
        END IF;
        IF to_regclass('$schema.kept_sim_claim') IS NOT NULL THEN
            IF EXISTS (SELECT 1 FROM kept_sim_claim WHERE profile_id = key) THEN
                RETURN true;
            END IF;
        END IF;
        IF to_regclass('$schema.kept_sim_merge') IS NOT NULL THEN
            IF EXISTS (SELECT 1 FROM kept_sim_merge WHERE kept_id = key OR merged_id = key) THEN
                RETURN true;
            END IF;
        END IF;
        IF to_regclass('$schema.sim_merge') IS NULL THEN
            RETURN false;
        END IF;
        RETURN EXISTS (SELECT 1 FROM sim_historyentry WHERE profile_id = key AND how <> '')
            OR EXISTS (SELECT 1 FROM sim_claim WHERE profile_id = key)
            OR EXISTS (SELECT 1 FROM sim_merge WHERE kept_id = key OR merged_id = key);
        {AGAIN}
        END""",
    ),
    # The platform's own id for a row that has a fallback. The unique constraint says who was first; before it is
    # there, the row waits for it.
    "sim_upgrade_claim(key uuid)": (
        "void",
        f"""DECLARE mine sim_simprofile; wanted text; holder uuid; former text;
        BEGIN
        SELECT p.* INTO mine FROM sim_simprofile p WHERE p.id = key;
        SELECT sim_upgrade_platform_id(s.slug, mine.profile_data) INTO wanted
        FROM sim_simulator s WHERE s.id = mine.simulator_id;
        IF wanted IS NULL OR sim_upgrade_raced(key) THEN
            RETURN;
        END IF;
        IF NOT EXISTS (SELECT 1 FROM pg_constraint
            WHERE conname = 'sim_profile_identity' AND conrelid = 'sim_simprofile'::regclass) THEN
            INSERT INTO sim_upgrade_waiting VALUES (key) ON CONFLICT DO NOTHING;
            RETURN;
        END IF;
        {REST}
        BEGIN
            UPDATE sim_simprofile SET profile_identifier = wanted WHERE id = key;
            DELETE FROM sim_contestedidentifier WHERE profile_id = key AND identifier <> wanted;
        EXCEPTION WHEN unique_violation THEN
            UPDATE sim_simprofile SET is_verified = false, is_public = true WHERE id = key;
            UPDATE sim_legacyprofile SET upgraded_is_verified = false WHERE profile_id = key;
            INSERT INTO sim_contestedidentifier (profile_id, simulator_id, identifier, keeps_identifier)
            VALUES (key, mine.simulator_id, wanted, false)
            ON CONFLICT (profile_id) DO UPDATE SET identifier = EXCLUDED.identifier, keeps_identifier = false;
            SELECT p.id INTO holder FROM sim_simprofile p
            WHERE p.simulator_id = mine.simulator_id AND p.profile_identifier = wanted;
            INSERT INTO sim_contestedidentifier (profile_id, simulator_id, identifier, keeps_identifier)
            SELECT holder, mine.simulator_id, wanted, true WHERE holder IS NOT NULL ON CONFLICT DO NOTHING;
            -- Who was verified only by the upgrade is not any more; hidden, the profile stays as its owner wanted.
            UPDATE sim_simprofile p SET is_verified = false FROM sim_legacyprofile l
            WHERE p.id = holder AND l.profile_id = p.id AND l.upgraded_is_verified
                AND p.is_verified AND p.is_public AND p.linked_at = p.created_at;
            IF FOUND THEN
                UPDATE sim_legacyprofile SET upgraded_is_verified = false WHERE profile_id = holder;
            END IF;
        END;
        {RESUME}
        END""",
    ),
    # An account the old release deletes: it knows nothing of the tables of the new one.
    "sim_upgrade_account()": (
        "trigger",
        """DECLARE child record;
        BEGIN
        IF to_regclass('$schema.account_emailconfirmation') IS NOT NULL THEN
            DELETE FROM account_emailconfirmation WHERE email_address_id IN
                (SELECT id FROM account_emailaddress WHERE user_id = OLD.id);
        END IF;
        FOR child IN SELECT c.conrelid::regclass AS name, a.attname AS column FROM pg_constraint c
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
            WHERE c.contype = 'f' AND c.confrelid = 'users_user'::regclass
                AND c.conrelid::regclass::text IN
                    ('account_emailaddress', 'mfa_authenticator', 'waffle_flag_users', 'sim_claim', 'sim_ownershipcode',
                    'socialaccount_socialaccount')
        LOOP
            IF child.name::text = 'socialaccount_socialaccount' THEN
                DELETE FROM socialaccount_socialtoken USING socialaccount_socialaccount a
                WHERE account_id = a.id AND a.user_id = OLD.id;
            END IF;
            IF child.name::text = 'sim_claim' THEN
                DELETE FROM sim_claimimage USING sim_claim c WHERE claim_id = c.id AND c.claimant_id = OLD.id;
            END IF;
            EXECUTE format('DELETE FROM %s WHERE %I = $1', child.name, child.column) USING OLD.id;
        END LOOP;
        RETURN OLD;
        END""",
    ),
    # An account that the old release makes or renames can be found like any other; the key comes with users.0002.
    "sim_upgrade_member()": (
        "trigger",
        """DECLARE key text := to_jsonb(NEW) ->> 'search_key'; known text;
        BEGIN
        IF key IS NULL THEN
            RETURN NEW;
        ELSIF TG_OP = 'UPDATE' THEN
            known := to_jsonb(OLD) ->> 'search_key';
            IF (NEW.username, NEW.first_name, NEW.last_name)
                IS NOT DISTINCT FROM (OLD.username, OLD.first_name, OLD.last_name) THEN
                RETURN NEW;
            END IF;
        END IF;
        -- The new release writes the key with the names.
        IF key <> COALESCE(known, '') THEN
            RETURN NEW;
        END IF;
        key := sim_upgrade_fold(concat_ws(' ', NEW.username, NEW.first_name, NEW.last_name));
        IF key <> NEW.search_key THEN
            PERFORM sim_upgrade_seen('account');
            NEW.search_key := key;
        END IF;
        RETURN NEW;
        END""",
    ),
    # An event that the old release announces stands in the lists where it starts; what has results stays.
    "sim_upgrade_event()": (
        "trigger",
        """BEGIN
        IF TG_OP = 'DELETE' THEN
            -- The new release deletes none.
            PERFORM sim_upgrade_seen('delete');
            IF EXISTS (SELECT 1 FROM sim_session WHERE event_id = OLD.id) THEN
                RETURN NULL;
            END IF;
            RETURN OLD;
        ELSIF TG_OP = 'INSERT' THEN
            -- The column's default: only the new release gives another one.
            IF NEW.listed_at = statement_timestamp() THEN
                PERFORM sim_upgrade_seen('insert');
                NEW.listed_at := COALESCE(NEW.starts_at, NEW.created_at);
            END IF;
        ELSIF EXISTS (SELECT 1 FROM sim_session WHERE event_id = OLD.id) THEN
            NEW.simulator_id := OLD.simulator_id;
        ELSIF NEW.starts_at IS DISTINCT FROM OLD.starts_at THEN
            NEW.listed_at := COALESCE(NEW.starts_at, NEW.created_at);
        END IF;
        RETURN NEW;
        END""",
    ),
}
