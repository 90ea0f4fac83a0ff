"""Leaderboards, the rating in the head of a profile, and its curve: what they show, to whom, in how many statements."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from simlane.ratings import reading
from simlane.sim.models import SimProfile
from simlane.users.models import User
from simlane.web import listing
from tests.ratings.stored import driver, race, rating, settle

pytestmark = pytest.mark.django_db
BOARD = "/leaderboards/iracing/"


@pytest.fixture
def rated() -> None:
    """Twelve races in which five drivers come in by their numbers; the sixth has driven once, a year later."""
    settle(*[race(1, 2, 3, 4, 5, day=number) for number in range(12)], race(3, 6, day=400))


@pytest.fixture
def hidden(rated: None) -> SimProfile:
    """The second of the drivers, verified, and hidden by its owner."""
    owner = User.objects.create_user("owner")
    profile = driver(2)
    SimProfile.objects.filter(pk=profile.pk).update(
        linked_user=owner, linked_at=timezone.now(), is_verified=True, is_public=False
    )
    profile.refresh_from_db()
    return profile


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def names(client: Client, address: str) -> list[str]:
    return re.findall(r"Driver [0-9]+(?=</a>)", page(client, address))


@pytest.mark.usefixtures("rated")
@pytest.mark.parametrize(
    ("query", "listed"),
    [
        # Provisional ratings are on no board of ratings.
        ("", ["Driver 1", "Driver 2", "Driver 3", "Driver 4", "Driver 5"]),
        ("?by=wins", ["Driver 1", "Driver 3"]),
        ("?by=wins&year=2026", ["Driver 3"]),
        ("?kind=road&year=2026", ["Driver 3"]),
    ],
)
def test_a_leaderboard_lists_who_is_on_it(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, query: str, listed: list[str]
) -> None:
    client.get("/")
    with django_assert_max_num_queries(4):
        assert names(client, BOARD + query) == listed


@pytest.mark.usefixtures("rated")
def test_the_most_improved_are_those_whose_rating_rose_after_it_was_certain(client: Client) -> None:
    listed = set(names(client, f"{BOARD}?by=improved"))
    assert listed == {"Driver 1", "Driver 2", "Driver 3"}
    assert 0 < rating(2).gained < rating(2).rating - 1500
    assert rating(4).gained < 0 == rating(6).gained


@pytest.mark.usefixtures("rated")
def test_a_leaderboard_goes_on_by_key_and_counts_its_places(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    first = page(client, BOARD)
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    address = following[1].replace("&amp;", "&")
    assert names(client, address) == ["Driver 3", "Driver 4"]
    assert re.findall(r'<td class="num">([0-9]+)</td>\s*<td class="who">', page(client, address)) == ["3", "4"]
    assert page(client, address + "&from=x")


@pytest.mark.usefixtures("rated")
@pytest.mark.parametrize("query", ["?by=luck", "?kind=oval", "?year=1999", "?after=x"])
def test_what_no_leaderboard_has_is_refused_in_words(client: Client, query: str) -> None:
    assert client.get(BOARD + query).status_code == 400


def test_a_simulator_without_ratings_says_so_and_one_that_is_none_is_not_found(client: Client) -> None:
    assert "Nobody is on this leaderboard yet" in page(client, BOARD)
    assert "Nobody is rated yet" in page(client, "/leaderboards/")
    assert client.get("/leaderboards/nonsense/").status_code == 404


@pytest.mark.usefixtures("rated")
def test_all_leaderboards_say_how_many_are_rated(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/")
    with django_assert_max_num_queries(1):
        assert "5 drivers rated" in page(client, "/leaderboards/")


@pytest.mark.usefixtures("rated")
def test_the_head_of_a_profile_says_the_rating_and_where_it_stands(client: Client) -> None:
    shown = page(client, driver(1).get_absolute_url())
    assert "top 20 % of 5 rated" in shown
    assert f"± {rating(1).uncertainty}" in shown
    beginner = page(client, driver(6).get_absolute_url())
    assert "Provisional" in beginner
    assert "rated</a>" not in beginner


@pytest.mark.usefixtures("rated")
def test_the_curve_has_every_race_and_comes_alone_for_the_page_that_opens_it(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/")
    with django_assert_max_num_queries(2):
        whole = page(client, "/ratings/iracing/road/1001/")
    part = client.get("/ratings/iracing/road/1001/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" in whole
    assert "<html" not in part
    for shown in (whole, part):
        assert shown.count("Race of day") == 24
        assert "data-rating-chart" in shown


def test_a_driver_of_no_ladder_has_no_curve(client: Client, rated: None) -> None:
    assert client.get("/ratings/iracing/oval/1001/").status_code == 404
    assert client.get("/ratings/iracing/rally/1001/").status_code == 404


def test_a_hidden_driver_is_on_no_list_and_has_no_curve(client: Client, hidden: SimProfile) -> None:
    for address in (BOARD, f"{BOARD}?by=starts", f"{BOARD}?by=improved&year=2025", "/leaderboards/"):
        assert hidden.public_name not in names(client, address)
        assert hidden.profile_identifier not in page(client, address)
    assert client.get("/ratings/iracing/road/1002/").status_code == 404
    assert [row.profile for row in reading.nearest_to(driver(1))] == [driver(3), driver(4), driver(5)]
    client.force_login(User.objects.get())
    assert "data-rating-chart" in page(client, "/ratings/iracing/road/1002/")
    assert "Driver 2" not in names(client, BOARD)


@pytest.mark.usefixtures("rated")
def test_the_nearest_in_rating_are_of_both_sides(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    assert [row.profile.profile_name for row in reading.nearest_to(driver(3))] == [
        "Driver 1", "Driver 2", "Driver 4", "Driver 5"
    ]  # fmt: skip
    assert reading.nearest_to(driver(6)) == []
    client.get("/")
    with django_assert_max_num_queries(7):
        whole = page(client, "/profiles/iracing/1003/?section=rivals")
    shown = whole.partition("Nearest in rating")[2]
    assert re.findall(r"Driver [0-9]+(?=</a>)", shown) == ["Driver 1", "Driver 2", "Driver 4", "Driver 5"]


@pytest.mark.usefixtures("rated")
def test_the_curves_of_those_compared_are_over_each_other(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/")
    with django_assert_max_num_queries(6):
        shown = client.get("/profiles/compare/?a=iracing/1001&b=iracing/1003&section=ratings")
    lines = shown.context["our_lines"]["lines"]
    assert [line["name"] for line in lines] == ["Driver 1", "Driver 3"]
    assert [len(line["points"]) for line in lines] == [12, 13]
    assert [line["points"][-1][1] for line in lines] == [rating(1).rating, rating(3).rating]
    assert "As the simulators told them" not in shown.content.decode()


@pytest.mark.usefixtures("rated")
def test_a_joint_rating_is_of_two_simulators_and_the_surer_one_weighs_more() -> None:
    acc = "assetto-corsa-competizione"
    settle(*[race(2, 1, 3, 4, 5, day=number, simulator=acc) for number in range(40)])
    profiles = [driver(1), driver(1, acc)]
    assert reading.joint(profiles[:1]) is None
    found = reading.joint(profiles)
    assert found is not None
    one, other = rating(1), reading.standings_of(profiles[1])[0].rating
    assert other.uncertainty < one.uncertainty
    assert other.rating < found.rating < (one.rating + other.rating) / 2
    assert found.uncertainty < other.uncertainty


def test_a_joint_rating_is_told_where_its_member_publishes_what_is_theirs(client: Client, rated: None) -> None:
    acc = "assetto-corsa-competizione"
    settle(*[race(2, 1, 3, 4, 5, day=number, simulator=acc) for number in range(40)])
    member = User.objects.create_user("member", has_driver_page=True)
    mine = [driver(1), driver(1, acc)]
    for profile in mine:
        profile.link_to_user(member, verified=True)
    joint = reading.joint(mine)
    assert joint is not None
    told = f'<span class="text-lg font-bold">{joint.rating:,}</span>'
    assert told in page(client, "/profiles/iracing/1001/")
    SimProfile.objects.filter(pk=mine[1].pk).update(is_public=False)
    assert told not in page(client, "/profiles/iracing/1001/")
    SimProfile.objects.filter(pk=mine[1].pk).update(is_public=True)
    User.objects.update(has_driver_page=False)
    assert told not in page(client, "/profiles/iracing/1001/")
