"""Who sees a season, and that an archived league's seasons stay as they are."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from simlane.leagues.models import Membership, Role, Round, Season
from simlane.leagues.seasons import making, rounds
from simlane.leagues.seasons.visible import seasons_for
from simlane.sim.errors import Refused
from simlane.sim.models import League
from simlane.users.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", Season.State.values)
@pytest.mark.parametrize("who", [None, "sam", "another league's owner", *Role.values, "staff"])
def test_a_draft_is_for_the_leagues_people_and_staff(spring: Season, state: str, who: str | None) -> None:
    Season.objects.update(state=state)
    user: User | AnonymousUser = AnonymousUser()
    if who:
        user = User.objects.create_user("somebody", is_staff=who == "staff")
    if who in Role.values:
        Membership.objects.create(league=spring.league, user=user, role=who)
    elif who == "another league's owner":
        other = League.objects.create(name="Another", slug="another")
        Membership.objects.create(league=other, user=user, role=Role.OWNER)
    may = state != Season.State.DRAFT or who == "staff" or who in Role.values
    assert list(seasons_for(user)) == ([spring] if may else [])


def test_an_archived_leagues_seasons_stay_as_they_are(spring: Season) -> None:
    planned = Round.objects.create(season=spring, number=1)
    League.objects.update(archived_at=timezone.now())
    new = Season(league=spring.league, simulator=spring.simulator, name="Autumn", slug="autumn")
    spring.drop_rounds = 3
    for act in (
        lambda: making.make(new),
        lambda: making.change(spring),
        lambda: rounds.choose(planned, None),
        lambda: rounds.choose_table(planned, 1, None),
    ):
        with pytest.raises(Refused, match="archived"):
            act()
    assert (Season.objects.get().drop_rounds, planned.races.count()) == (0, 0)
    assert not spring.due.exists()


def test_two_seasons_of_a_league_have_two_addresses(spring: Season) -> None:
    new = Season(league=spring.league, simulator=spring.simulator, name="Autumn", slug="spring")
    with pytest.raises(Refused, match="has this address"):
        making.make(new)
    new.slug = "autumn"
    making.make(new)
    new.slug = "spring"
    with pytest.raises(Refused, match="has this address"):
        making.change(new)
    new.slug, new.drop_rounds = "winter", 2
    making.change(new)
    assert Season.objects.get(slug="winter").drop_rounds == 2
    assert new.due.count() == 1
