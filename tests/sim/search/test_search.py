"""Finding a driver: by id in every form, by any name and its beginning, by a name spelled nearly so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from simlane.results.profiles import Sighting, record_sightings, store_new
from simlane.sim.models import SimProfile, Simulator
from simlane.sim.search import candidates
from simlane.sim.search.query import Found, search

pytestmark = pytest.mark.django_db

PEOPLE = {
    ("iracing", "100001"): ["Marta Sandqvist"],
    ("iracing", "100002"): ["Jonas Veldhuizen", "Jonas Veldhuizen-Okoro"],
    ("iracing", "100003"): ["Søren Kjærbye"],
    ("iracing", "100004"): ["Çağla Demirsoylu"],
    ("iracing", "100005"): ["Алексей Громовой"],
    ("iracing", "100006"): ["Jo Li"],
    ("iracing", "100007"): ["100% Fast_Guy\\"],
    ("iracing", "100008"): ['Bob "The OR" Birch'],
    ("iracing", "100009"): ["Martin Sand"],
    ("assetto-corsa", "76561190000000001"): ["Marta Sandqvist"],
    ("iracing", "100010"): ["علی\u200cرضا کریمی"],
    ("iracing", "100011"): ["Jean\xadnine\ufeff Le\u2060Blanc"],
    ("gran-turismo-7", "speed_demon"): ["Quiet One"],
}


@pytest.fixture(autouse=True)
def people() -> None:
    simulators = dict(Simulator.objects.values_list("slug", "pk"))
    now = timezone.now()
    seen = record_sightings(
        Sighting(simulators[slug], identifier, name, now + timedelta(days=day))
        for (slug, identifier), names in PEOPLE.items()
        for day, name in enumerate(names)
    )
    store_new(seen, {})


def find(query: str) -> Found:
    return search(SimProfile.objects.public(), query)


def ids(query: str) -> list[str]:
    return [hit.profile.profile_identifier for hit in find(query).hits]


@pytest.mark.parametrize(
    ("query", "identifier"),
    [
        ("Marta Sandqvist", "100001"),
        ("marta", "100001"),
        ("SANDQVIST", "100001"),
        ("Sandqvist Marta", "100001"),
        ("mar", "100001"),
        ("sandq", "100001"),
        ("andqv", "100001"),
        ("m", "100001"),
        ("jo", "100006"),
        ("soren", "100003"),
        ("kjaerbye", "100003"),
        ("Søren Kjærbye", "100003"),
        ("cagla demirsoylu", "100004"),
        ("громовой", "100005"),
        ("  jonas   veldhuizen-okoro ", "100002"),
        ("jonas veldhuizen", "100002"),
        ("علی\u200cرضا", "100010"),
        ("علیرضا", "100010"),
        ("علی رضا", "100010"),
        ("علي رضا كريمي", "100010"),
        ("jeannine leblanc", "100011"),
        ("mar\u200dta sand\xadqvist", "100001"),
        ("\ue000marta", "100001"),
    ],
)
def test_a_name_is_found_however_much_of_it_is_typed(query: str, identifier: str) -> None:
    found = find(query)
    assert identifier in [hit.profile.profile_identifier for hit in found.hits]
    assert not found.similar_only


@pytest.mark.parametrize(
    ("query", "identifier"),
    [
        ("sandqist", "100001"),
        ("sanddqvist", "100001"),
        ("sandqvits", "100001"),
        ("sandkvist", "100001"),
        ("marta sandkvist", "100001"),
        ("mrata sandqivst", "100001"),
        ("veldhuisen", "100002"),
        ("bob brich", "100008"),
        ("громавой", "100005"),
    ],
)
def test_a_name_is_found_in_spite_of_a_slip(query: str, identifier: str) -> None:
    found = find(query)
    assert identifier in [hit.profile.profile_identifier for hit in found.hits]
    assert found.similar_only
    assert {hit.reason for hit in found.hits} == {"similar"}


@pytest.mark.parametrize(
    ("query", "identifier"),
    [
        ("100001", "100001"),
        (" 000100001 ", "100001"),
        ("76561190000000001", "76561190000000001"),
        ("S76561190000000001", "76561190000000001"),
        ("https://steamcommunity.com/profiles/76561190000000001/", "76561190000000001"),
        ("Speed_Demon", "speed_demon"),
    ],
)
def test_an_id_is_found_in_every_form(query: str, identifier: str) -> None:
    found = find(query)
    assert found.hits[0].profile.profile_identifier == identifier
    assert found.hits[0].reason == "identifier"


def test_a_former_name_is_found_and_said() -> None:
    former = SimProfile.objects.get(profile_identifier="100002").names.get(name="Jonas Veldhuizen")
    hit = find("jonas veldhuizen").hits[0]
    assert hit.profile.pk == former.profile_id
    assert (hit.reason, hit.matched_name) == ("former", "Jonas Veldhuizen")


def test_the_whole_name_comes_before_longer_ones() -> None:
    assert ids("marta sandqvist")[:2] in (["100001", "76561190000000001"], ["76561190000000001", "100001"])
    assert "100009" in ids("mart")
    assert ids("martin sand")[0] == "100009"


def test_a_simulator_narrows_the_search() -> None:
    steam = Simulator.objects.get(slug="assetto-corsa")
    found = search(SimProfile.objects.public(), "marta", steam)
    assert [hit.profile.profile_identifier for hit in found.hits] == ["76561190000000001"]


@pytest.mark.parametrize(
    "query", ["", " ", "qqqqq", "marta zzzzzz", "0", "-", "´`", "\0", "\u200d", "\xad \ufeff", "\ud800", "a\u0378b"]
)
def test_what_nobody_is_called_finds_nobody(query: str) -> None:
    assert find(query).hits == []


@pytest.mark.parametrize(
    "query",
    [
        "%",
        "_",
        "\\",
        "100%",
        "fast_guy",
        "guy\\",
        '"',
        'bob "the',
        "or",
        "NEAR(",
        "bob*",
        "^bob",
        "{a b}: c",
        "bob -li",
        "a:b",
    ],
)
def test_signs_that_mean_something_to_a_database_are_letters_here(query: str) -> None:
    found = {hit.profile.profile_name for hit in find(query).hits}
    assert len(found) < len(PEOPLE) - 1
    if query in ("100%", "fast_guy", "guy\\", "%", "_", "\\"):
        assert found <= {"100% Fast_Guy\\"}


def test_a_private_profile_is_never_found() -> None:
    owner = get_user_model().objects.create_user("owner")
    SimProfile.objects.filter(profile_identifier="100002").update(
        linked_user=owner, linked_at=timezone.now(), is_verified=True, is_public=False
    )
    for query in ("jonas", "veldhuizen", "jonas veldhuizen", "veldhuisen", "100002", "jon", "j"):
        assert "100002" not in ids(query), query


def test_a_search_takes_two_statements_and_one_for_each_look_at_the_words(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(2):
        assert find("marta").hits
    with django_assert_num_queries(4):
        assert find("sandkvist").hits


def link(identifier: str, username: str, *, verified: bool) -> None:
    user = get_user_model().objects.create_user(username)
    SimProfile.objects.filter(profile_identifier=identifier).update(
        linked_user=user, linked_at=timezone.now(), is_verified=verified
    )


@pytest.mark.parametrize("query", ["olsen", "marta ol", "ol"])
def test_an_account_that_proved_nothing_finds_no_profile(query: str) -> None:
    """Rule 6: neither by the account's name alone, nor where the profile's own name brings it up."""
    link("100001", "marta olsen" if " " in query else query, verified=False)
    assert "account" not in {hit.reason for hit in find(query).hits}
    SimProfile.objects.filter(profile_identifier="100001").update(is_verified=True)
    hit = find(query).hits[0]
    assert (hit.profile.profile_identifier, hit.reason) == ("100001", "account")


def test_accounts_that_proved_nothing_keep_no_other_from_being_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "PREFIX_CAP", 1)
    link("100001", "olsen-one", verified=False)
    link("100009", "olsen-two", verified=True)
    assert ids("olsen") == ["100009"]


def test_where_better_names_fill_their_cap_worse_ones_are_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    link("100009", "marta", verified=True)
    assert {"100001", "100009"} <= set(ids("marta"))
    monkeypatch.setattr(candidates, "PREFIX_CAP", 1)
    found = find("marta")
    assert found.capped
    assert [hit.profile.profile_name.split()[0] for hit in found.hits] == ["Marta"]
    # Nobody's name begins so: those that hold it and the accounts are looked at.
    link("100002", "sandqvist-two", verified=True)
    assert "100001" in ids("sandqvist")


def test_a_hit_that_was_hidden_since_is_not_shown() -> None:
    found = find("marta")
    shown = found.hits[0].profile
    owner = get_user_model().objects.create_user("owner")
    SimProfile.objects.filter(pk=shown.pk).update(
        linked_user=owner, linked_at=timezone.now(), is_verified=True, is_public=False
    )
    assert shown.pk not in {hit.profile.pk for hit in found.hits}


def test_a_search_that_met_its_cap_says_that_there_may_be_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not find("marta").capped
    assert not find("sandkvist").capped
    monkeypatch.setattr(candidates, "PREFIX_CAP", 2)
    monkeypatch.setattr(candidates, "CONTAINS_CAP", 2)
    assert find("marta").capped
    assert find("marta sandkvist").capped
    assert not find("kjaerbye").capped
    assert not find("kjaerbie").capped


def test_a_mistyped_name_finds_who_has_all_of_its_words_not_some() -> None:
    assert ids("marta sandkvist")
    assert "100009" not in ids("marta kjaerbie")
    assert ids("soren sandkvist") == []


def test_of_words_too_short_to_look_for_no_other_spelling_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing to hold, any name would do."""
    asked: list[object] = []
    monkeypatch.setattr(candidates, "spelled", lambda *given: asked.append(given) or [])
    find("щю")
    assert asked == []
    find("сан")
    assert len(asked) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one index, of pieces")
@pytest.mark.parametrize("query", ["sandkvist", "marta sandkvist", "gromovoi"])
def test_words_that_stand_for_others_are_looked_up_whole(query: str) -> None:
    """Of their pieces there would be more to join the more names there are."""
    with connection.cursor() as cursor:
        # Of few names every way is as good.
        cursor.execute(
            """INSERT INTO sim_profilename (profile_id, name, folded, last_used_at) SELECT id, n, 'driver ' || n, now()
            FROM generate_series(1, 500) AS n, sim_simprofile;
            SELECT gin_clean_pending_list('sim_profilename_words_idx'); ANALYZE"""
        )
    plans = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("WITH ") and "string_to_array" in sql:
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        assert find(query).hits
    assert plans
    for plan in plans:
        assert "sim_profilename_words_idx" in plan
        assert "trgm" not in plan
