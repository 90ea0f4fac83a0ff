"""Folding: two spellings that people see as one are one."""

from __future__ import annotations

from types import SimpleNamespace

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from simlane.sim.identity.names import fold
from simlane.sim.legacy import batches, folding_anew
from simlane.sim.models import NameWord, ProfileName, SimProfile
from simlane.sim.search.query import search
from tests.upgrade.conftest import database_url, on_postgresql


@pytest.mark.parametrize(
    "hidden",
    list("\u200c\u200d\u200b\xad\ufeff\u2060\u202e\ue000\U000f0000\0\ud800\ufe0f\u3164"),
)
def test_what_nobody_sees_makes_no_other_name(hidden: str) -> None:
    assert fold(f"{hidden}Mar{hidden}ta {hidden} Sand") == "marta sand"
    assert fold(hidden) == ""


@given(st.text(st.characters(max_codepoint=127)))
def test_a_plain_name_is_folded_as_any_other(name: str) -> None:
    assert fold(name) == fold(f"{name}\u0301")


@given(st.text())
def test_a_folded_name_folds_to_itself(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@pytest.mark.django_db
def test_names_stored_by_an_older_folding_are_folded_anew(alice: SimProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "FIRST", 2)
    monkeypatch.setattr(batches, "ALONE", 2)
    name = "علی\u200cرضا"
    SimProfile.objects.filter(pk=alice.pk).update(profile_name=name, name_key=name)
    ProfileName.objects.filter(profile=alice, name=alice.profile_name).update(name=name, folded=name)
    others = dict(ProfileName.objects.exclude(name=name).values_list("pk", "folded"))
    for _ in range(2):
        folding_anew.fold_anew(apps, SimpleNamespace(connection=connection))
    alice.refresh_from_db()
    assert alice.name_key == "علیرضا"
    assert NameWord.objects.filter(word="علیرضا").exists()
    assert [hit.profile for hit in search(SimProfile.objects.all(), "علیرضا").hits] == [alice]
    assert dict(ProfileName.objects.exclude(name=name).values_list("pk", "folded")) == others


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_profile_renamed_while_names_are_folded_anew_keeps_its_new_key(
    alice: SimProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "علی\u200cرضا"
    SimProfile.objects.filter(pk=alice.pk).update(profile_name=name, name_key=name)
    ProfileName.objects.filter(profile=alice, name=alice.profile_name).update(name=name, folded=name)
    renames = [f"UPDATE sim_simprofile SET profile_name = 'Zoe', name_key = 'zoe' WHERE id = '{alice.pk}'"]

    def fold_meanwhile(given: str) -> str:
        while renames:
            with psycopg.connect(database_url(), autocommit=True) as other:
                other.execute(renames.pop())
        return fold(given)

    monkeypatch.setattr(folding_anew, "fold", fold_meanwhile)
    folding_anew.fold_anew(apps, SimpleNamespace(connection=connection))
    alice.refresh_from_db()
    assert (alice.profile_name, alice.name_key) == ("Zoe", "zoe")
    assert ProfileName.objects.filter(name=name, folded="علیرضا").exists()
