"""The way forward on a populated database: what every kind of old row becomes. The expectation is written out here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from simlane.sim import models
from simlane.sim.legacy.identifier_sql import fallback_identifier, fallback_sql
from tests.sim.migrations.conftest import HEAD, START, Kind, Migrate, Old, every_character, go_together

KEY = UUID("00000000-0000-4000-8000-00000000000a")
STEAM = "76561190000000001"


def identifiers(apps: Apps, keys: Iterable[UUID]) -> dict[UUID, str]:
    rows = apps.get_model("sim", "SimProfile").objects.filter(pk__in=keys)
    return dict(rows.values_list("pk", "profile_identifier"))


def new(apps: Apps, key: UUID):
    return apps.get_model("sim", "SimProfile").objects.get(pk=key)


def an_owned_profile_becomes_a_linked_verified_public_one(old: Old) -> Kind:
    key = old.profile("Alice Amber", {"cust_id": 123456})
    alice = old.user("alice")
    row = new((yield), key)
    assert row.profile_identifier == "123456"
    assert (row.linked_user_id, row.linked_at, row.is_verified) == (alice.pk, row.created_at, True)
    assert row.is_public
    assert (row.profile_name, row.profile_data, row.starts) == ("Alice Amber", {"cust_id": 123456}, 0)
    assert row.last_active_at == row.created_at
    assert [name.folded for name in row.names.all()] == ["alice amber"]


def the_platforms_own_id_is_taken_in_its_canonical_form(old: Old) -> Kind:
    expected = {
        old.profile(data=data, simulator=simulator): identifier
        for simulator, data, identifier in [
            ("iracing", {"cust_id": " 0012 34 "}, "1234"),
            ("iracing", {"customer_id": "77"}, "77"),
            ("iracing", {"cust_id": "none yet", "iracing_id": 88}, "88"),
            ("acc", {"player_id": f"S{STEAM}"}, STEAM),
            ("acc", {"steam_id": "https://steamcommunity.com/profiles/76561190000000002/"}, "76561190000000002"),
            ("acc", {"player_id": "m2535400000000001"}, "M2535400000000001"),
            ("acc", {"steam_id": 76561190000000003}, "76561190000000003"),
        ]
    }
    assert identifiers((yield), expected) == expected


def without_a_real_id_the_fallback_is_taken(old: Old) -> Kind:
    odd = [
        {},
        [],
        ["cust_id", 5],
        "cust_id",
        5,
        True,
        {"cust_id": None},
        {"cust_id": True},
        {"cust_id": ""},
        {"cust_id": -5},
        {"cust_id": 1.5},
        {"cust_id": [5]},
        {"cust_id": {"cust_id": 5}},
        {"cust_id": 10**30},
        {"cust_id": "5; DROP TABLE sim_simprofile"},
        {"cust_id": "１２３"},
        {"CUST_ID": 5},
        {"nested": {"cust_id": 5}},
        {"psn_id": True},
    ]
    keys = [old.profile("Alice Amber", data) for data in odd]
    keys.append(old.profile("Alice Amber", {}))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sim_simprofile SET profile_data = 'null' WHERE created_at = %s", [old.last_created_at])
    assert identifiers((yield), keys) == {key: f"alice-amber-{key}" for key in keys}


def the_fallback_is_the_plans_formula_cut_to_fit(old: Old) -> Kind:
    expected = {}
    for name, lowered in [
        ("", ""),
        (" ", "-"),
        ("A  B", "a--b"),
        ("a b", "a-b"),
        ("İSTANBUL", "i̇stanbul"),
        ("ΟΔΥΣΣΕΥΣ ΣΑΣ", "οδυσσευς-σας"),
        ("Größe/..\\%_'\"", "größe/..\\%_'\""),
        ("X" * 255, "x" * 218),
        ("İ" * 255, ("i̇" * 255)[:218]),
    ]:
        key = old.profile(name)
        expected[key] = f"{lowered}-{key}"
        assert expected[key] == fallback_identifier(name, key)
    found = identifiers((yield), expected)
    assert found == expected
    assert max(map(len, found.values())) == 255


def a_simulator_without_known_ids_takes_the_fallback(old: Old) -> Kind:
    key = old.profile("Bob", {"cust_id": 5, "steam_id": STEAM}, simulator="home-brew", key=KEY)
    assert new((yield), key).profile_identifier == f"bob-{KEY}"


def of_rows_with_one_platform_id_the_oldest_keeps_it_and_all_are_contested(old: Old) -> Kind:
    first = old.profile("First", {"cust_id": 5}, user="a", verified=True)
    second = old.profile("Second", {"cust_id": "005"}, user="b", verified=True)
    third = old.profile("Third", {"cust_id": " 5"}, user="c")
    elsewhere = old.profile("Elsewhere", {"player_id": "M123456"}, user="a", simulator="acc")
    apps = yield
    assert new(apps, first).profile_identifier == "5"
    assert new(apps, second).profile_identifier == f"second-{second}"
    assert new(apps, third).profile_identifier == f"third-{third}"
    for key in (first, second, third):
        row = new(apps, key)
        assert row.linked_user_id is not None
        assert not row.is_verified
        assert row.is_public
    assert new(apps, elsewhere).is_verified
    contested = apps.get_model("sim", "ContestedIdentifier").objects.filter(identifier="5")
    assert set(contested.values_list("profile_id", "identifier", "keeps_identifier")) == {
        (first, "5", True),
        (second, "5", False),
        (third, "5", False),
    }


def of_rows_as_old_as_each_other_the_smaller_key_keeps_the_id(old: Old) -> Kind:
    keys = [UUID(int=2), UUID(int=1)]
    for key, user in zip(keys, "ab", strict=True):
        old.profile("Same", {"cust_id": 6}, user=user, key=key, created_at=START)
    assert new((yield), UUID(int=1)).profile_identifier == "6"


def known_simulators_get_their_kind_and_missing_ones_are_made(old: Old) -> Kind:
    simulators = (yield).get_model("sim", "Simulator").objects
    kinds = dict(simulators.values_list("slug", "identifier_kind"))
    assert (kinds["iracing"], kinds["acc"], kinds["home-brew"]) == ("iracing", "acc", "other")
    assert kinds["gran-turismo-7"] == "psn"
    assert "assetto-corsa-competizione" not in kinds
    assert (kinds["automobilista"], kinds["rfactor"], kinds["project-cars-2"], kinds["f1"]) == (
        "steam",
        "other",
        "steam",
        "other",
    )


def a_simulator_called_as_a_page_of_the_site_moves_aside(old: Old) -> Kind:
    names = {"Search": "search", "Compare": "compare"}
    for name, slug in names.items():
        old.apps.get_model("sim", "Simulator").objects.create(name=name, slug=slug)
    simulators = (yield).get_model("sim", "Simulator").objects
    for name, slug in names.items():
        moved = simulators.get(name=name)
        assert moved.slug == f"{slug}-{moved.pk}"


def every_index_that_a_model_declares_is_there(old: Old) -> Kind:
    yield
    for model in (models.SimProfile, models.Event):
        declared = {index.name for index in model._meta.indexes} | {rule.name for rule in model._meta.constraints}
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, model._meta.db_table)
        assert declared <= set(found), model
    track = next(each for each in found.values() if each["columns"] == ["track_id"] and each["index"])
    assert not track["unique"]
    assert any(each["columns"] == ["track_id"] and each["foreign_key"] for each in found.values())


KINDS: list[Callable[[Old], Kind]] = [
    an_owned_profile_becomes_a_linked_verified_public_one,
    the_platforms_own_id_is_taken_in_its_canonical_form,
    without_a_real_id_the_fallback_is_taken,
    the_fallback_is_the_plans_formula_cut_to_fit,
    a_simulator_without_known_ids_takes_the_fallback,
    of_rows_with_one_platform_id_the_oldest_keeps_it_and_all_are_contested,
    of_rows_as_old_as_each_other_the_smaller_key_keeps_the_id,
    known_simulators_get_their_kind_and_missing_ones_are_made,
    a_simulator_called_as_a_page_of_the_site_moves_aside,
    every_index_that_a_model_declares_is_there,
]


def test_what_every_kind_of_old_row_becomes(old: Old, migrate: Migrate, subtests: pytest.Subtests) -> None:
    go_together(subtests, migrate, {kind.__name__: kind(old) for kind in KINDS}, HEAD)


def test_a_simulator_that_was_made_by_hand_keeps_its_slug_and_the_kind_that_staff_chose(
    old: Old, migrate: Migrate
) -> None:
    apps = migrate("0031_fold_names_anew")
    rows = apps.get_model("sim", "Simulator").objects
    rows.create(name="PC2", slug="pcars2")
    rows.create(name="rFactor One", slug="rfactor", identifier_kind="psn")
    rows.create(name="F1", slug="formula-one")
    ams = rows.create(name="AMS", slug="ams")
    apps.get_model("sim", "SimProfile").objects.create(
        simulator=ams, profile_name="Alice", profile_identifier="name-of-alice"
    )
    rows = migrate(HEAD).get_model("sim", "Simulator").objects
    kinds = dict(rows.values_list("slug", "identifier_kind"))
    assert (kinds["pcars2"], kinds["rfactor"], kinds["formula-one"]) == ("steam", "psn", "other")
    assert kinds["ams"] == "other"
    assert not {"project-cars-2", "automobilista"} & kinds.keys()
    assert rows.get(slug="f1").name == "F1 (results)"


def test_statements_do_not_grow_with_the_rows(old: Old, migrate: Migrate) -> None:
    def statements(rows: int) -> int:
        for number in range(rows):
            old.profile(f"Driver {number}", {"cust_id": number % 40 + 1}, user=f"user {number % 7}")
        migrate("0009_add_profile_fields")
        with CaptureQueriesContext(connection) as captured:
            migrate("0010_migrate_profile_data")
        migrate("0009_add_profile_fields")
        return len(captured)

    statements(3)  # From here on kept rows come back too.
    few = statements(3)
    assert statements(300) <= few + 2


def test_every_character_lowers_as_python_lowers_it(transactional_db: None) -> None:
    characters = every_character()
    names = [
        form.format(character)
        for character in characters
        for form in ("{}", "AΣ{}", "AΣ{}A", "{}Σ")
        # The last two forms only matter where the neighbour can change what the sigma becomes.
        if form == "{}" or ord(character) < 0x600 or not character.isalpha()
    ]
    expected = [fallback_identifier(name, KEY) for name in names]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sql = fallback_sql(connection, "given.name", f"'{KEY}'::uuid")
            cursor.execute(
                f"SELECT {sql} FROM unnest(%s::text[]) WITH ORDINALITY AS given(name, place) ORDER BY place", [names]
            )
            found = [identifier for (identifier,) in cursor.fetchall()]
        else:
            sql = fallback_sql(connection, "value", f"'{KEY.hex}'")
            found = []
            for name in names[:: len(names) // 2000]:
                cursor.execute(f"SELECT {sql} FROM (SELECT %s AS value)", [name])
                found.append(cursor.fetchone()[0])
            expected = expected[:: len(names) // 2000]
    wrong = [(name, ours) for name, ours in zip(expected, found, strict=True) if name != ours]
    assert not wrong, wrong[:5]
