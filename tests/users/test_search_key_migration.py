"""Accounts made before there was a search key get theirs, and the migration may be run again after an interruption."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from simlane.sim.legacy import batches
from simlane.users.models import User

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
