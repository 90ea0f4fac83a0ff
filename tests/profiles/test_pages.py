"""Every public page: what it shows, how many statements it takes, and what a wrong address answers."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from simlane.profiles.templatetags.racing import signed
from simlane.sim.models import EntryDriver, Event, Session, SimProfile, Simulator

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]


@pytest.mark.usefixtures("season")
@pytest.mark.parametrize(
    ("address", "budget", "shows"),
    [
        ("/", 4, ["Alicia Amber", "Bob Birch", "Test League"]),
        ("/profiles/", 4, ["Alicia Amber", "Bob Birch", "Driver 100001"]),
        ("/profiles/?sim=iracing&sort=name&verified=0", 4, ["Driver 100001"]),
        ("/profiles/search/?q=alice", 10, ["Alicia Amber", "Alice Amber"]),
        ("/profiles/search/?q=bob+brich", 16, ["Bob Birch"]),
        ("/profiles/search/?q=S76561190000000002", 9, ["Bob Birch"]),
        ("/profiles/search/?q=nothing+like+it+anywhere", 14, []),
        ("/profiles/assetto-corsa-competizione/", 4, ["Bob Birch", "Test League"]),
        ("/profiles/assetto-corsa-competizione/76561190000000001/", 9, ["Alicia Amber", "Alice Amber", "Brands Hatch"]),
        ("/profiles/assetto-corsa-competizione/76561190000000001/?section=finishes", 2, ["Brands Hatch"]),
        ("/profiles/assetto-corsa-competizione/76561190000000001/?section=favourites", 4, ["Brands Hatch"]),
        ("/profiles/assetto-corsa-competizione/76561190000000001/?section=mates", 2, ["Nobody with a public"]),
        ("/profiles/assetto-corsa-competizione/76561190000000001/?section=rivals", 5, ["Bob Birch"]),
        ("/profiles/assetto-corsa-competizione/76561190000000001/?section=ratings", 2, ["Back to the profile"]),
        ("/profiles/assetto-corsa-competizione/76561190000000001/?section=bests", 2, ["Best laps of Alicia Amber"]),
        ("/profiles/compare/", 0, ["Choose two to four drivers"]),
        ("/profiles/compare/?q=alicia", 3, ["Alicia Amber"]),
        ("/events/", 4, ["Test League", "Test Cup"]),
    ],
)
def test_a_page_works_within_its_budget(
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    address: str,
    budget: int,
    shows: list[str],
) -> None:
    # The flag of the public profiles is read once in a while, not for each page.
    client.get("/")
    with django_assert_max_num_queries(budget):
        response = client.get(address)
    assert response.status_code == 200
    for text in shows:
        assert text in response.content.decode()


@pytest.mark.usefixtures("season")
def test_an_event_takes_the_same_statements_whatever_its_size(
    client: Client, owner: object, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(owner)  # type: ignore[arg-type]
    event = Event.objects.filter(name="Test League | Round 1").order_by("starts_at").last()
    assert event is not None
    entry = EntryDriver.objects.filter(entry__session__event=event).first()
    assert entry is not None
    EntryDriver.objects.bulk_create(
        EntryDriver(
            entry_id=entry.entry_id, seat=seat, name=f"Driver {seat}", profile=profile, raced_at=event.listed_at
        )
        for seat, profile in zip(range(10, 200), list(SimProfile.objects.all()) * 100, strict=False)
    )
    client.get("/")
    # Who is signed in, and their bell: three.
    with django_assert_max_num_queries(12):
        page = client.get(event.get_absolute_url()).content.decode()
    assert "Driver 199" in page
    assert "Nobody Special" in page


@pytest.mark.parametrize("address", ["/", "/profiles/", "/profiles/search/", "/profiles/search/?q=x", "/events/"])
def test_an_empty_site_says_so_and_what_to_do(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.usefixtures("season")
@pytest.mark.parametrize(
    ("address", "suggests"),
    [
        ("/profiles/assetto-corsa-competizione/alicia-ambr/", "Alicia Amber"),
        ("/profiles/no-such-simulator/", "iRacing"),
        ("/profiles/iracing/bob-birch-0f0e0d0c-0b0a-4908-8706-050403020100/", "Bob Birch"),
        ("/events/999999/", ""),
        ("/nowhere/", ""),
    ],
)
def test_what_is_not_there_is_a_404_that_helps(client: Client, address: str, suggests: str) -> None:
    response = client.get(address)
    assert response.status_code == 404
    assert suggests in response.content.decode()


@pytest.mark.usefixtures("season")
@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/profiles/?sort=wealth", "sorted"),
        ("/profiles/?sim=atlantis", "no simulator"),
        ("/profiles/?after=%00broken", "damaged"),
        ("/profiles/?before=WyJ4Il0", "damaged"),
        ("/events/?after=!!!!", "damaged"),
        ("/profiles/search/?q=" + "x" * 101, "at most 100"),
        ("/profiles/search/?q=bob&page=zero", "number"),
        ("/profiles/assetto-corsa-competizione/76561190000000001/?results=none", "no results"),
        ("/profiles/assetto-corsa-competizione/76561190000000001/?results=all&car=fast", "no car"),
        ("/profiles/assetto-corsa-competizione/76561190000000001/?results=all&year=99999", "no year"),
        ("/profiles/assetto-corsa-competizione/76561190000000001/?section=secrets", "no section"),
        ("/profiles/assetto-corsa-competizione/76561190000000001/?section=bests&after=x", "damaged"),
        ("/profiles/compare/?a=alicia", "names no driver"),
        ("/profiles/compare/?section=secrets", "no such section"),
        ("/profiles/compare/?q=" + "x" * 101, "at most 100"),
        ("/profiles/search/?q=bob&sim=atlantis", "no simulator"),
    ],
)
def test_a_wrong_parameter_is_a_400_that_says_what(client: Client, address: str, says: str) -> None:
    response = client.get(address)
    assert response.status_code == 400
    assert says in response.content.decode()


@pytest.mark.usefixtures("season")
def test_an_unknown_session_of_an_event_is_a_400(client: Client) -> None:
    event = Event.objects.first()
    assert event is not None
    assert client.get(event.get_absolute_url(), {"session": "77"}).status_code == 400


@pytest.mark.usefixtures("season")
@pytest.mark.parametrize("written", ["S76561190000000002", "s7656119 0000000002", "M76561190000000002"])
def test_an_id_written_otherwise_leads_to_its_page(client: Client, written: str) -> None:
    response = client.get(reverse("profiles:detail", args=["assetto-corsa-competizione", written]))
    if written.startswith("M"):
        assert response.status_code == 404
    else:
        assert response.status_code == 301
        assert response.headers["Location"] == "/profiles/assetto-corsa-competizione/76561190000000002/"


def test_an_identifier_may_hold_any_character(client: Client) -> None:
    simulator = Simulator.objects.get(slug="iracing")
    for number, identifier in enumerate(["a/../b", "a?b#c", "a%2Fb", "ä ö\n", "..", "a\\b", "/", "search"]):
        profile = SimProfile(
            simulator=simulator, profile_name=f"Name {number}", profile_identifier=f"{identifier}-{number}"
        )
        profile.save()
        response = client.get(profile.get_absolute_url())
        assert response.status_code == 200, identifier
        assert f"Name {number}" in response.content.decode()


@pytest.mark.usefixtures("season")
@pytest.mark.parametrize("address", ["/profiles/", "/profiles/search/?q=bob", "/profiles/iracing/", "/events/"])
def test_htmx_gets_the_part_that_changes(client: Client, address: str) -> None:
    part = client.get(address, headers={"HX-Request": "true"})
    page = client.get(address)
    assert "<html" not in part.content.decode()
    assert 'id="results"' in part.content.decode()
    assert part.content in page.content or len(part.content) < len(page.content)
    assert "HX-Request" in part.headers["Vary"]


@pytest.mark.usefixtures("season")
@pytest.mark.parametrize("address", ["/", "/profiles/", "/events/"])
def test_pages_only_read(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405


@pytest.mark.usefixtures("season")
def test_recent_are_races_and_all_results_are_a_page_away(client: Client) -> None:
    profile = SimProfile.objects.get(profile_identifier="76561190000000002")
    first, last = profile.drives.order_by("raced_at")
    Session.objects.filter(entries__drivers=last).update(kind="practice")
    page = client.get(profile.get_absolute_url())  # type: ignore[attr-defined]
    assert list(page.context["recent"]) == [first]
    assert f'href="{page.wsgi_request.path}?results=races"' in page.content.decode()  # type: ignore[attr-defined]
    raced = client.get(page.wsgi_request.path, {"results": "races"})  # type: ignore[attr-defined]
    assert raced.context["page"].items == [first]
    every = client.get(page.wsgi_request.path, {"results": "all"})  # type: ignore[attr-defined]
    assert every.context["page"].items == [last, first]
    part = client.get(page.wsgi_request.path, {"results": "all"}, headers={"HX-Request": "true"})  # type: ignore[attr-defined]
    assert "<html" not in part.content.decode()


@pytest.mark.usefixtures("season")
def test_the_pages_of_all_results_are_of_few_statements(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/")
    with django_assert_max_num_queries(7):
        assert client.get("/profiles/assetto-corsa-competizione/76561190000000001/?results=all").status_code == 200


@pytest.mark.usefixtures("private")
def test_the_results_of_a_hidden_profile_are_hidden_too(client: Client) -> None:
    address = "/profiles/assetto-corsa-competizione/76561190000000001/?results=all"
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(("change", "shown"), [(12, "+12"), (-62, "\u221262"), (0, "0")])
def test_a_change_of_a_rating_carries_its_sign(change: int, shown: str) -> None:
    assert signed(change) == shown


@pytest.mark.usefixtures("season")
def test_the_chart_and_the_recent_races_are_of_the_last_races(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = SimProfile.objects.get(profile_identifier="76561190000000002")
    first, last = profile.drives.order_by("raced_at")
    page = client.get(profile.get_absolute_url())  # type: ignore[attr-defined]
    assert (page.context["recent"], page.context["form"]) == ([last, first], [first, last])
    page = client.get(profile.get_absolute_url(), {"section": "finishes"})  # type: ignore[attr-defined]
    assert [finish["date"] for finish in page.context["finishes"]] == [
        first.raced_at.isoformat(),
        last.raced_at.isoformat(),
    ]
    for finish in page.context["finishes"]:
        assert f'href="{finish["url"]}"' in page.content.decode()
    assert client.get(page.context["finishes"][0]["url"], follow=True).status_code == 200
    monkeypatch.setattr("simlane.profiles.views.sections.CHARTED", 1)
    page = client.get(profile.get_absolute_url(), {"section": "finishes"})  # type: ignore[attr-defined]
    assert [finish["date"] for finish in page.context["finishes"]] == [last.raced_at.isoformat()]
