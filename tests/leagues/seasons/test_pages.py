"""A season's page, its calendar for other programs, and its rounds on the pages of their events."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import URLPattern
from django.utils import timezone
from icalendar import Calendar
from pytest_django import DjangoAssertNumQueries

from simlane.leagues import urls
from simlane.leagues.models import Membership, Role, Round, Season, Standing, StandingsDue
from simlane.leagues.models.seasons import RESERVED_SEASONS
from simlane.leagues.seasons.beside import rounds_beside
from simlane.sim.models import Event, SimProfile
from simlane.users.models import User
from tests.leagues.conftest import account, signed_in
from tests.leagues.seasons.shown import fill

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]
PAGE = "/leagues/sunday-cup/spring/"
FEED = f"{PAGE}calendar.ics"


def page_of(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def row(page: str, name: str) -> str:
    """The row in which the name stands by itself, without white space between its tags."""
    rows = re.findall(r"<tr>.*?</tr>", re.sub(r">\s+<", "><", page), re.DOTALL)
    return next(each for each in rows if f">{name}</" in each)


def test_no_address_of_a_league_can_be_taken_by_a_season() -> None:
    below = {
        match[1]
        for each in urls.urlpatterns
        if isinstance(each, URLPattern) and (match := re.match(r"<slug:slug>/([a-z-]+)/", str(each.pattern)))
    }
    assert {"people", "tokens", "upload", "reports", "edit"} <= below
    assert below <= set(RESERVED_SEASONS)


@pytest.mark.parametrize("standings", ["", "?standings=team-{last}", "?standings=all"])
def test_a_page_takes_the_same_statements_whatever_its_size(
    client: Client, spring: Season, django_assert_max_num_queries: DjangoAssertNumQueries, standings: str
) -> None:
    fill(spring, rounds=20, drivers=60, classes=3)
    client.get("/")
    last = spring.classes.last()
    assert last is not None
    # All lists at once are a statement each.
    with django_assert_max_num_queries(12 if "all" in standings else 7):
        page = page_of(client, PAGE + standings.format(last=last.pk))
    assert ("Drivers, GT5" in page, "Team 7 Endurance Racing" in page) == (True, True)


def test_the_calendar_says_what_became_of_each_round_and_the_next_is_first(client: Client, spring: Season) -> None:
    fill(spring, rounds=5, to_come=1)
    waiting = Round.objects.get(number=4)
    Round.objects.filter(pk=waiting.pk).update(event=None)
    page = page_of(client)
    raced = Event.objects.get(name="Round 1")
    assert page.index('id="next-round"') < page.index('id="calendar"')
    assert "5. Circuit de Spa-Francorchamps 5" in page.split('id="next-round"')[1].split("</section>")[0]
    states = re.findall(r"<td>(?:<[^>]+>)?(\w[\w ]+?)(?:<|$)", page.split('id="calendar"')[1].split("</table>")[0])
    assert states == ["Results", "Cancelled", "Results", "No results yet", "Next"]
    assert f'href="{raced.get_absolute_url()}"' in page
    assert "Half points" in page
    # What is withdrawn, or no more of the league, is no result of the season.
    Event.objects.filter(pk=raced.pk).update(withdrawn_at=timezone.now())
    Event.objects.filter(name="Round 3").update(league=None, scope=0)
    assert "Results<" not in page_of(client)


def test_standings_mark_in_words_what_fell_away(client: Client, spring: Season) -> None:
    fill(spring, rounds=4, drivers=6)
    leader = Standing.objects.get(kind="driver", row=1)
    leader.rounds[0] |= {"points": "25", "dropped": True}
    leader.rounds[1] |= {"points": None, "races": []}
    leader.rounds = leader.rounds[:2]
    leader.gained = -2
    leader.save()
    line = row(page_of(client), leader.name)
    assert '<s>25</s><span class="sr-only"> dropped</span>' in line
    assert '<span class="sr-only">did not start</span>' in line
    assert '2<span class="sr-only"> lost</span>' in line
    assert SimProfile.objects.get(pk=leader.profile_id).get_absolute_url() in line  # type: ignore[attr-defined]


def test_what_stewards_gave_and_a_disqualification_stand_in_the_cell(client: Client, spring: Season) -> None:
    fill(spring, rounds=4, drivers=6)
    line = Standing.objects.get(kind="driver", row=1)
    line.rounds[0] = line.rounds[0] | {"given": "-5", "points": "0"}
    line.rounds[0]["races"][0]["status"] = "dsq"
    line.rounds[1] |= {"given": "2.5"}
    line.save()
    cells = row(page_of(client), line.name)
    assert '<abbr title="Disqualified">DSQ</abbr>' in cells
    assert '−5<span class="sr-only"> by the stewards</span>' in cells
    assert '+2.5<span class="sr-only"> by the stewards</span>' in cells


def test_a_hidden_profile_is_a_name_without_a_link(client: Client, spring: Season, olga: User) -> None:
    fill(spring)
    line = Standing.objects.get(kind="driver", row=1)
    profile = SimProfile.objects.get(pk=line.profile_id)
    SimProfile.objects.filter(pk=profile.pk).update(
        is_public=False, is_verified=True, linked_user=olga, linked_at=timezone.now()
    )
    page = page_of(client)
    assert line.name in page
    assert profile.profile_identifier not in page
    assert profile.profile_identifier in page_of(signed_in(olga))


def test_records_name_who_has_most_in_each_class(client: Client, spring: Season) -> None:
    fill(spring, drivers=12, classes=2)
    Standing.objects.filter(kind="driver", season_class__name="GT3").update(poles=0)
    Standing.objects.filter(kind="driver", season_class__name="GT4", row__lte=4).update(poles=2)
    records = re.findall(r"Most poles</dt><dd.*?>(.*?)</dd>", page_of(client))
    named = Standing.objects.filter(kind="driver", season_class__name="GT4").values_list("name", flat=True)[:3]
    assert records == ["–", f"2 – {', '.join(named)} and 1 more"]


def test_a_season_with_nothing_says_so(client: Client, spring: Season) -> None:
    page = page_of(client)
    for said in ("No round yet", "No standings yet", "Nobody is entered"):
        assert said in page
    StandingsDue.objects.create(season=spring)
    assert "being made anew" in page_of(client)
    assert client.get(PAGE, {"standings": "driver-77"}).status_code == 400


def test_the_entry_list_is_in_the_order_of_numbers(client: Client, spring: Season) -> None:
    fill(spring, drivers=11)
    numbers = re.findall(r'<li><span class="plate">(\d+)</span>', page_of(client))
    assert numbers == [str(each) for each in range(1, 12)]


@pytest.mark.parametrize("role", [None, *Role.values])
def test_a_draft_is_for_the_leagues_people(client: Client, spring: Season, role: str | None) -> None:
    fill(spring)
    Season.objects.update(state="draft")
    event = Event.objects.get(name="Round 1")
    sam = account("sam")
    if role:
        Membership.objects.create(league=spring.league, user=sam, role=role)
    person = signed_in(sam)
    expected = 200 if role else 404
    assert (person.get(PAGE).status_code, person.get(FEED).status_code) == (expected, expected)
    assert (client.get(PAGE).status_code, client.get(FEED).status_code) == (404, 404)
    for address in ("/leagues/sunday-cup/", event.get_absolute_url()):  # type: ignore[attr-defined]
        assert (PAGE in page_of(person, address)) is bool(role)
        assert PAGE not in page_of(client, address)


def test_an_event_leads_to_the_rounds_beside_it_in_one_statement(
    client: Client, spring: Season, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fill(spring, rounds=5)
    sam = account("sam")
    first, third, fourth = (Event.objects.get(name=f"Round {number}") for number in (1, 3, 4))
    address = third.get_absolute_url()  # type: ignore[attr-defined]
    page = page_of(client, address)
    # Past the cancelled second one.
    assert f'rel="prev" href="{first.get_absolute_url()}"' in page
    assert f'rel="next" href="{fourth.get_absolute_url()}"' in page
    assert "Spring, round 3" in page
    last = page_of(client, fourth.get_absolute_url())  # type: ignore[attr-defined]
    assert "Next: Circuit de Spa-Francorchamps 5" in last
    with django_assert_num_queries(1):
        beside = rounds_beside(third, sam)
    assert beside is not None
    assert (beside.round.planned.number, beside.season) == (3, spring)
    Event.objects.filter(pk=third.pk).update(league=None, scope=0)
    assert PAGE not in page_of(client, address)


def test_the_feed_is_a_calendar_that_other_programs_read(client: Client, spring: Season) -> None:
    fill(spring, rounds=5)
    Season.objects.update(name="Spring; a season, with “signs”\\ and much more text than fits into a line of 75 octets")
    Round.objects.filter(number=5).update(starts_at=datetime(2031, 5, 4, 18, 30, tzinfo=UTC))
    Round.objects.filter(number=4).update(starts_at=None, event=None)
    answer = client.get(FEED)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    events = {str(each["uid"]): each for each in Calendar.from_ical(answer.content).walk("VEVENT")}
    rounds = {f"season-round-{each.pk}": each.number for each in Round.objects.all()}
    by_number = {rounds[uid.split("@")[0]]: each for uid, each in events.items()}
    assert sorted(by_number) == [1, 2, 3, 5]
    assert [str(by_number[number]["status"]) for number in (1, 2, 5)] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    assert by_number[5]["dtstart"].dt == datetime(2031, 5, 4, 18, 30, tzinfo=UTC)
    assert str(by_number[5]["summary"]).startswith("Spring; a season, with “signs”\\ and much")
    assert str(by_number[5]["location"]) == "Circuit de Spa-Francorchamps 5"
    assert str(by_number[1]["url"]).endswith(Event.objects.get(name="Round 1").get_absolute_url())  # type: ignore[attr-defined]
    Round.objects.filter(number=5).update(number=9, cancelled=True)
    assert set(events) == {str(each["uid"]) for each in Calendar.from_ical(client.get(FEED).content).walk("VEVENT")}
