"""Accounts made before there was a search key get theirs, and the migration may be run again after an interruption."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import psycopg
import pytest
from django.apps import apps
from django.db import connection

from simlane.sim.legacy import batches
from simlane.sim.legacy.names import fold
from simlane.users.models import User
from tests.upgrade.conftest import database_url, on_postgresql

pytestmark = pytest.mark.django_db
migration = import_module("simlane.users.migrations.0003_fill_search_key")


def test_every_account_gets_its_folded_names_over_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "FIRST", 3)
    monkeypatch.setattr(batches, "ALONE", 3)
    User.objects.bulk_create(User(username=f"Müller{n}", first_name="Zoë", last_name="") for n in range(10))
    assert set(User.objects.values_list("search_key", flat=True)) == {""}
    editor = SimpleNamespace(connection=connection)
    migration.fill(apps, editor)
    migration.fill(apps, editor)
    assert set(User.objects.values_list("search_key", flat=True)) == {f"muller{n} zoe" for n in range(10)}


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_an_account_renamed_while_keys_are_made_anew_keeps_its_new_key(monkeypatch: pytest.MonkeyPatch) -> None:
    anew = import_module("simlane.users.migrations.0006_fold_names_anew")
    user = User.objects.create_user("zoe", first_name="Z\u200bo\u200be")
    User.objects.filter(pk=user.pk).update(search_key="as it was")
    renames = [f"UPDATE users_user SET first_name = 'Ann', search_key = 'zoe ann' WHERE id = {user.pk}"]

    def fold_meanwhile(given: str) -> str:
        while renames:
            with psycopg.connect(database_url(), autocommit=True) as other:
                other.execute(renames.pop())
        return fold(given)

    monkeypatch.setattr(anew, "fold", fold_meanwhile)
    anew.fold_anew(apps, SimpleNamespace(connection=connection))
    user.refresh_from_db()
    assert (user.first_name, user.search_key) == ("Ann", "zoe ann")
