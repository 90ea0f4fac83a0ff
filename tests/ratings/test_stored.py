"""Stored ratings: what counts, and that counting on is the same as counting everything anew."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from simlane.ratings import counting, recomputing
from simlane.ratings.checks import RATINGS
from simlane.ratings.models import Ladder, RatedDrive, RatedSession, Rating, RatingsDue, Recomputation
from simlane.results.following import take_away
from simlane.results.storing import lock
from simlane.sim.errors import Refused
from simlane.sim.models import EntryDriver, Event, League, Session, SimProfile
from simlane.sim.ownership import merging
from simlane.users.models import User
from tests.ratings.stored import anew, driver, note, race, rating, settle, stored

pytestmark = pytest.mark.django_db


def test_a_race_is_counted_and_the_curve_says_what_it_made() -> None:
    settle(race(1, 2, 3))
    first, second, third = (rating(number) for number in (1, 2, 3))
    assert first.rating > second.rating > third.rating
    assert (first.starts, first.finishes, first.wins, second.wins) == (1, 1, 1, 0)
    assert first.provisional
    (point,) = RatedDrive.objects.filter(profile=driver(1))
    assert (point.rating, point.uncertainty, point.year) == (first.rating, first.uncertainty, 2025)


def test_who_retired_keeps_the_rating_and_has_a_start() -> None:
    settle(race(1, 2, 3))
    before = rating(3)
    settle(race(1, 2, 3, day=1, out=[3]))
    after = rating(3)
    assert (after.rating, after.uncertainty) == (before.rating, before.uncertainty)
    assert (after.starts, after.finishes, after.finish_rate) == (2, 1, 50)


def test_classes_of_a_race_are_rated_apart() -> None:
    settle(race(1, 2, 3, 4, classes=["GT3", "GT4", "GT3", "GT4"]))
    assert rating(2).rating == rating(1).rating > rating(3).rating == rating(4).rating


def test_a_crew_shares_its_result() -> None:
    settle(race((1, 2), (3, 4)))
    assert rating(1).rating == rating(2).rating > rating(3).rating == rating(4).rating


def test_road_and_oval_are_rated_apart_and_what_nobody_says_is_road() -> None:
    settle(race(1, 2, racing="oval"), race(2, 1, day=1), race(2, 1, day=2, racing="road"))
    assert rating(1, "oval").rating > 1500 > rating(1, "road").rating
    assert (rating(1, "oval").starts, rating(1, "road").starts) == (1, 2)


def test_a_heat_is_a_race_of_skill_and_no_win() -> None:
    settle(race(1, 2, stage="heat"))
    assert rating(1).rating > 1500
    assert rating(1).wins == 0


def test_who_did_not_drive_did_not_start() -> None:
    held = race((1, 2), (3, 4))
    EntryDriver.objects.filter(profile=driver(2)).update(laps=0)
    settle(held)
    assert not Rating.objects.filter(profile=driver(2)).exists()


def test_of_two_lines_in_a_race_the_better_one_counts() -> None:
    held = race(1, 2, 3)
    EntryDriver.objects.filter(profile=driver(3)).update(profile=driver(1))
    settle(held)
    assert rating(1).starts == 1
    assert rating(1).rating > rating(2).rating


def test_results_of_a_league_that_nobody_confirmed_count_once_it_is_confirmed() -> None:
    held = race(1, 2)
    league = League.objects.create(name="League", slug="league")
    Event.objects.update(league=league, scope=league.pk)
    settle(held)
    assert not Rating.objects.exists()
    Event.objects.update(scope=0)
    settle(held)
    assert rating(1).starts == 1


def test_a_new_race_at_the_end_touches_only_its_drivers() -> None:
    settle(race(1, 2, 3), race(4, 5, day=1))
    before = {row.pk: row for row in Rating.objects.all()}
    assert settle(race(2, 1, day=2)) == 1
    changed = {row.profile for row in Rating.objects.all() if row.pk not in before}
    assert changed == {driver(1), driver(2)}


def _season(chance: random.Random, races: int = 14, drivers: int = 9) -> list[Session]:
    made = []
    for _ in range(races):
        field = chance.sample(range(drivers), chance.randint(2, 7))
        classes = [chance.choice(["", "A"]) for _ in field]
        kind = chance.choice(["", "", "oval"])
        out = [place for place in range(1, len(field) + 1) if chance.random() < 0.2]
        made.append(race(*field, day=chance.randint(0, 500), classes=classes, out=out, racing=kind))
    return made


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("at_once", [2, 1000])
def test_whatever_comes_in_changes_or_goes_it_is_as_counted_anew(
    seed: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recomputing, "AT_ONCE", at_once)
    chance = random.Random(seed)
    made = _season(chance)
    settle(*made)
    gone = made.pop(chance.randrange(len(made)))
    take_away([gone.pk])
    settle(gone, *_season(chance, 1))
    changed = chance.choice(made)
    entries = list(changed.entries.order_by("row"))
    first, last = entries[0], entries[-1]
    first.position, last.position = last.position, first.position
    first.save()
    last.save()
    settle(changed)
    follow = stored()
    anew()
    assert stored() == follow
    assert RATINGS.find() == (0, [])


def test_a_merge_and_its_undoing_count_the_drives_of_both(admin_user: User) -> None:
    settle(race(1, 2, 3), race(4, 2, day=1), race(1, 2, day=2))
    before = stored()
    merge = merging.merge(driver(1).pk, driver(4).pk, by=admin_user)
    recomputing.catch_up()
    assert rating(1).starts == 3
    assert not Rating.objects.filter(profile=driver(4)).exists()
    assert RATINGS.find() == (0, [])
    merging.undo(merge, by=admin_user)
    recomputing.catch_up()
    assert stored() == before


def test_the_last_race_withdrawn_leaves_nothing() -> None:
    held = race(1, 2)
    settle(held)
    lock()
    take_away([held.pk])
    settle(held)
    assert not any(stored().values())
    assert not RatedSession.objects.exists()


def test_interrupted_it_goes_on_and_shows_what_was_there_until_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recomputing, "AT_ONCE", 2)
    made = [race(1, 2, 3, day=day) for day in range(5)]
    settle(*made)
    before = stored()
    recomputing.begin()
    assert not recomputing.catch_up(seconds=0).is_done
    assert counting.races_due() == 3
    assert stored()["ratings"] == before["ratings"]
    call_command("recompute_ratings", "--resume", verbosity=0)
    assert stored() == before


def test_since_a_date_only_later_races_are_counted() -> None:
    settle(*[race(1, 2, 3, day=day) for day in range(5)])
    before = stored()
    RatedDrive.objects.filter(at__day=5).update(rating=999)
    recomputing.begin(race(1, 2, day=3).started_at)
    assert recomputing.catch_up().races == 2
    assert stored()["drives"] == before["drives"]


def test_while_one_counts_another_is_refused_unless_the_first_is_dead() -> None:
    settle(race(1, 2))
    other = Recomputation.objects.create(
        token="00000000-0000-0000-0000-000000000001", until=timezone.now() + timedelta(minutes=1)
    )
    with pytest.raises(Refused, match="another process"):
        recomputing.begin()
    with pytest.raises(CommandError, match="another process"):
        call_command("recompute_ratings")
    other.until = timezone.now() - timedelta(seconds=1)
    other.save()
    anew()
    assert not Recomputation.objects.exists()


def test_the_check_finds_a_rating_a_race_and_a_share_that_are_not_what_the_results_say() -> None:
    settle(race(1, 2, 3))
    assert RATINGS.find() == (0, [])
    RatedDrive.objects.filter(profile=driver(2)).update(rating=1700)
    # The drive, and the figures that are made of it.
    assert RATINGS.find()[0] > 1
    anew()
    race(1, 2, day=1)
    count, first = RATINGS.find()
    assert count == 1
    assert "race of session" in str(first[0])
    note(Session.objects.get(pk=RatedSession.objects.get().session_id))
    # While something is due nothing is astray.
    assert RATINGS.find() == (0, ())


def test_the_database_refuses_two_ratings_and_those_out_of_range() -> None:
    settle(race(1, 2))
    one = rating(1)
    for values in ({"rating": 30_000}, {"uncertainty": 0}, {"wins": 2}, {"finishes": 2}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Rating.objects.filter(pk=one.pk).update(**values)
    one.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        one.save(force_insert=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Ladder.objects.create(simulator=driver(1).simulator, kind="rally")


def test_a_profile_that_is_gone_is_in_the_way_of_nothing() -> None:
    settle(race(1, 2, 3))
    EntryDriver.objects.filter(profile=driver(3)).delete()
    SimProfile.objects.filter(pk=driver(3).pk).delete()
    RatingsDue.objects.create()
    recomputing.catch_up()
    assert Rating.objects.count() == 2


def test_races_at_one_instant_are_counted_in_the_order_of_their_sessions() -> None:
    first = race(1, 2, 3)
    # Numbered within their events: 1, 2, 1.
    last = [race(3, 2, 1, event=first.event), race(2, 1, 3)][-1]
    settle(first, last)
    assert RatedDrive.objects.get(profile=driver(1), session=last).races == 3
