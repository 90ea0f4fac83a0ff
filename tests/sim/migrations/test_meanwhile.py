"""What somebody does at the very moment in which a migration looks at rows, or makes or ends what watches them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import errors

from simlane.sim.integrity import findings
from simlane.sim.legacy import dual_write, preserving
from simlane.sim.models import ProfileName, Track
from simlane.users.models import User
from tests.sim.conftest import MakeProfile
from tests.upgrade.conftest import database_url, on_postgresql

pytestmark = [on_postgresql, pytest.mark.django_db(transaction=True)]
history = import_module("simlane.sim.migrations.0027_history")


def elsewhere(sql: str) -> None:
    """A statement of another session, which waits for no lock longer than a moment."""
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute("SET lock_timeout = '100ms'")
        other.execute(sql)


def test_no_link_changes_unwritten_while_the_history_begins_anew(make_profile: MakeProfile, ann: User) -> None:
    profile = make_profile()
    profile.link_to_user(ann, verified=True)
    shown = f"UPDATE sim_simprofile SET is_public = NOT is_public WHERE id = '{profile.pk}'"
    refused = []

    def meanwhile(execute: Any, sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        if "REPLACE TRIGGER sim_write_history" in sql:
            try:
                elsewhere(shown)
            except errors.LockNotAvailable:
                refused.append(sql)
        return execute(sql, parameters, many, context)

    with connection.schema_editor(atomic=False) as editor:
        history.remove(None, editor)
        # A gap of the time at the old release's schema.
        elsewhere(shown)
        with connection.execute_wrapper(meanwhile):
            history.install(None, editor)
    elsewhere(shown)
    assert not [finding for finding in findings() if finding.count and finding.check.startswith("history")]
    assert profile.history.count() == 3
    assert len(refused) == 1


def test_a_link_that_changes_while_the_gaps_of_a_history_are_filled_is_written_behind_them(
    make_profile: MakeProfile, ann: User
) -> None:
    """Neither a table that is held while a large history is read, nor a way on that is lost when that is interrupted."""
    profile = make_profile()
    profile.link_to_user(ann, verified=True)
    shown = f"UPDATE sim_simprofile SET is_public = NOT is_public WHERE id = '{profile.pk}'"
    tries = []

    def meanwhile(execute: Any, sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.startswith("INSERT INTO sim_historyentry"):
            tries.append(sql)
            elsewhere(shown)
            if len(tries) == 1:
                raise KeyboardInterrupt
        return execute(sql, parameters, many, context)

    with connection.schema_editor(atomic=False) as editor:
        history.remove(None, editor)
        elsewhere(shown)
        with connection.execute_wrapper(meanwhile):
            with pytest.raises(KeyboardInterrupt):
                history.install(None, editor)
            history.install(None, editor)
        # Nothing is left to do.
        history.install(None, editor)
    assert not [finding for finding in findings() if finding.count and finding.check.startswith("history")]
    assert list(profile.history.order_by("pk").values_list("was_public", "public")) == [
        (True, True), (True, False), (False, True), (True, False)
    ]  # fmt: skip
    assert len(tries) == 2


def test_a_number_that_is_taken_but_not_yet_written_is_not_given_again(make_profile: MakeProfile) -> None:
    """A way forward puts rows back while the site makes new ones."""
    simulator = make_profile().simulator
    key = Track.objects.create(simulator=simulator, name="Kept").pk
    with connection.schema_editor(atomic=False) as editor:
        preserving.keep(editor, "sim_track", "kept_sim_track", ["id", "simulator_id", "name", "layout"], "id")
        Track.objects.all().delete()
        with psycopg.connect(database_url()) as other:
            numbers = "SELECT nextval(pg_get_serial_sequence('sim_track', 'id')) FROM generate_series(1, 3)"
            taken = {number for (number,) in other.execute(numbers).fetchall()}
            preserving.restore_rows(editor, Track)
    assert list(Track.objects.values_list("pk", flat=True)) == [key]
    assert Track.objects.create(simulator=simulator, name="New").pk > max(taken)


def test_a_kept_row_whose_other_end_is_deleted_in_the_middle_of_a_batch_stays_aside(make_profile: MakeProfile) -> None:
    """The old release deletes profiles on the second way forward too."""
    stays, goes = make_profile(), make_profile()
    for profile in (stays, goes):
        ProfileName.objects.create(profile=profile, name="Kept", folded="kept", last_used_at=profile.created_at)
    deleted = []

    def meanwhile(execute: Any, sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, parameters, many, context)
        if 'INSERT INTO "sim_profilename"' in sql and not deleted:
            elsewhere(f"DELETE FROM sim_simprofile WHERE id = '{goes.pk}'")
            deleted.append(goes.pk)
        return result

    columns = [field.column for field in ProfileName._meta.local_concrete_fields]
    with connection.schema_editor(atomic=False) as editor:
        preserving.keep(editor, "sim_profilename", "kept_sim_profilename", columns, "id")
        ProfileName.objects.all().delete()
        with connection.execute_wrapper(meanwhile):
            preserving.restore_rows(editor, ProfileName)
        aside = preserving.kept_tables(connection)
        preserving.forget(connection)
    assert list(ProfileName.objects.values_list("profile", flat=True)) == [stays.pk]
    assert aside == ["kept_sim_profilename_1"]


def test_the_end_of_the_dual_write_leaves_other_schemas_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA another_site")
        try:
            for schema in ("another_site", "public"):
                cursor.execute(
                    f"CREATE FUNCTION {schema}.sim_upgrade_seen(text) RETURNS void LANGUAGE sql AS $$ SELECT $$"
                )
            dual_write.stop(connection, for_good=True)
            cursor.execute(
                "SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'sim!_upgrade!_%' ESCAPE '!'"
            )
            assert cursor.fetchall() == [("another_site.sim_upgrade_seen(text)",)]
        finally:
            cursor.execute("DROP SCHEMA another_site CASCADE")
