"""New results are told: once an event, to whom it concerns, in one statement, and in one mail a day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from simlane.results import rereading, versions
from simlane.results.models import ResultFile
from simlane.sim.models import Event, League, SimProfile
from simlane.sim.ownership import merging
from simlane.users.following import follow
from simlane.users.models import Follow, Notification, User
from simlane.users.notifications import delivery
from simlane.users.notifications.groups import choose
from simlane.users.notifications.result_texts import look_up
from simlane.users.notifications.results import next_digest
from simlane.users.notifications.texts import text
from simlane.users.notifications.wording import Text
from tests.results.builders import BOB, acc_document, acc_driver, acc_lap, acc_line
from tests.results.standing import bring
from tests.users.notifications.conftest import confirmed

pytestmark = pytest.mark.django_db
ACC = "assetto-corsa-competizione"
LIST = "/users/notifications/"


def name(kind: str = "R", hours_ago: float = 2) -> str:
    return f"{timezone.now() - timedelta(hours=hours_ago):%y%m%d_%H%M%S}_{kind}.json"


def evening(hours_ago: int, server: str) -> tuple[str, dict[str, Any]]:
    """A race of another evening: with other laps, since a file is known by these."""
    return name(hours_ago=hours_ago), acc_document(serverName=server, laps=[acc_lap(time=91_000 + hours_ago)])


#: One server's evening, whenever the tests run.
RACE, PRACTICE = name(), name("FP", 3)


@pytest.fixture
def drivers(tmp_path: Path) -> dict[str, SimProfile]:
    """Alice and Bob have raced long ago, which nobody was told of."""
    bring(tmp_path, ("260101_203000_R.json", acc_document(laps=[])))
    return {each.profile_name.split()[0]: each for each in SimProfile.objects.select_related("simulator")}


@pytest.fixture
def fan(drivers: dict[str, SimProfile]) -> User:
    """Follows Alice."""
    user = confirmed(User.objects.create_user("fan", "fan@example.org"))
    follow(user, drivers["Alice"])
    return user


def words(user: User) -> list[Text]:
    rows = list(Notification.objects.filter(user=user).order_by("pk"))
    look_up(rows, user)
    return [text(row) for row in rows]


def send(user: User) -> list[Any]:
    """As if the next morning had come."""
    Notification.objects.filter(email_state="pending").update(email_due_at=timezone.now())
    mail.outbox.clear()
    delivery.deliver()
    return mail.outbox


def test_a_follower_is_told_once_an_event_however_many_its_sessions(tmp_path: Path, fan: User) -> None:
    bring(tmp_path, (PRACTICE, acc_document(sessionType="FP")))
    bring(tmp_path, (RACE, acc_document()))
    (told,) = words(fan)
    assert told.title == "New results: Test League | Round 1"
    # The race by now, although the practice came in first.
    assert "Alice Amber: P1 in Race" in told.sentence
    assert "Bob" not in told.sentence
    assert Notification.objects.get().kind == "followed"


def test_ones_own_result_is_told_and_those_one_follows_in_it(
    tmp_path: Path, fan: User, drivers: dict[str, SimProfile]
) -> None:
    drivers["Bob"].link_to_user(fan, verified=True)
    Notification.objects.all().delete()
    bring(tmp_path, (RACE, acc_document()))
    (told,) = words(fan)
    assert told.title == "Your result is in: Test League | Round 1"
    assert "You: P2 in Race. Alice Amber: P1 in Race." in told.sentence
    assert Notification.objects.get().kind == "result"


def test_a_league_is_followed_before_staff_confirm_it_and_its_drivers_are_not(
    tmp_path: Path, fan: User, drivers: dict[str, SimProfile]
) -> None:
    league = League.objects.create(name="Sunday Cup", slug="sunday-cup")
    other = User.objects.create_user("other")
    follow(other, league)
    drivers["Bob"].link_to_user(User.objects.create_user("bob"))
    Notification.objects.all().delete()
    bring(tmp_path, (RACE, acc_document()), league=league)
    assert [told.sentence for told in words(other)] == [
        "Brands Hatch, Assetto Corsa Competizione. Brought in by Sunday Cup."
    ]
    # Anybody may have written that file, with any driver's id.
    assert Notification.objects.exclude(user=other).count() == 0


def test_what_comes_in_again_is_no_news(tmp_path: Path, fan: User) -> None:
    bob = acc_line(1002, acc_driver("Bob", "Birch", BOB))
    corrected = acc_document(sessionResult={"leaderBoardLines": [bob, acc_line()]})
    bring(tmp_path, (RACE, acc_document()))
    told = Notification.objects.get()
    bring(tmp_path, (RACE, acc_document()))
    bring(tmp_path, (RACE, corrected), replace=True)
    for reading in rereading.readings(rereading.outdated(every=True)):
        rereading.accept(reading)
    assert Notification.objects.get().pk == told.pk
    # What is said follows what stands.
    assert "Alice Amber: P2 in Race" in words(fan)[0].sentence


def test_who_follows_later_is_not_told_of_what_is_in(tmp_path: Path, drivers: dict[str, SimProfile]) -> None:
    bring(tmp_path, (RACE, acc_document()))
    follow(User.objects.create_user("late"), drivers["Alice"])
    for reading in rereading.readings(rereading.outdated(every=True)):
        rereading.accept(reading)
    assert not Notification.objects.exists()


def test_an_archive_that_comes_in_tells_nobody(tmp_path: Path, fan: User) -> None:
    bring(tmp_path, (name(hours_ago=24 * 31), acc_document()))
    assert not Notification.objects.exists()


def test_withdrawn_results_are_taken_back_unless_they_were_read_or_sent(tmp_path: Path, fan: User) -> None:
    bring(tmp_path, (RACE, acc_document()))
    event = Event.objects.latest("pk")
    versions.withdraw(event, by=None, reason="a mistake")
    assert not Notification.objects.exists()
    versions.bring_back(event, by=None, reason="no mistake")
    assert not Notification.objects.exists()
    other = RACE.replace("_R", "_Q")
    bring(tmp_path, (other, acc_document(sessionType="Q", serverName="Another")))
    Notification.objects.update(read_at=timezone.now())
    versions.withdraw(Event.objects.latest("pk"), by=None, reason="a mistake")
    assert [told.title for told in words(fan)] == ["Withdrawn: Another"]
    assert not send(fan)


def test_a_correction_that_takes_a_driver_out_takes_the_notice_back(tmp_path: Path, fan: User) -> None:
    bring(tmp_path, (RACE, acc_document()))
    bob = acc_document(sessionResult={"leaderBoardLines": [acc_line(1002, acc_driver("Bob", "Birch", BOB))]})
    event = Event.objects.latest("pk")
    versions.withdraw(event, by=None, reason="x")
    bring(tmp_path, (RACE, bob))
    assert not Notification.objects.exists()


def test_a_profile_that_was_hidden_gives_nothing_any_more(
    tmp_path: Path, fan: User, drivers: dict[str, SimProfile], client: Client
) -> None:
    alice, owner = drivers["Alice"], User.objects.create_user("alice")
    bring(tmp_path, (RACE, acc_document()))
    alice.link_to_user(owner, verified=True)
    alice.set_visibility(owner, public=False)
    # It waited for its mail: nothing is sent, and nothing names her.
    assert not send(fan)
    client.force_login(fan)
    assert "Alice" not in client.get(LIST).content.decode()
    bring(tmp_path, evening(26, "Later"))
    assert not Notification.objects.filter(user=fan, event__name="Later").exists()
    assert Notification.objects.filter(user=owner, event__name="Later").exists()
    # Nobody is told that it is there.
    assert "Alice" not in client.get("/users/profile/following/").content.decode()
    alice.set_visibility(owner, public=True)
    bring(tmp_path, evening(50, "Latest"))
    assert Notification.objects.filter(user=fan, event__name="Latest").exists()


def test_a_merged_profile_keeps_its_followers_once_and_gives_them_back(
    tmp_path: Path, fan: User, drivers: dict[str, SimProfile]
) -> None:
    staff, other = User.objects.create_superuser("staff"), User.objects.create_user("other")
    follow(fan, drivers["Bob"])
    follow(other, drivers["Bob"])
    merge = merging.merge(drivers["Alice"].pk, drivers["Bob"].pk, by=staff)
    bring(tmp_path, (RACE, acc_document()))
    assert sorted(Notification.objects.values_list("user__username", flat=True)) == ["fan", "other"]
    Notification.objects.all().delete()
    merging.undo(merge, by=staff)
    alone = acc_document(sessionResult={"leaderBoardLines": [acc_line()]}, serverName="Later")
    bring(tmp_path, (name(hours_ago=26), alone))
    assert Notification.objects.values_list("user__username", flat=True).get() == "fan"


def test_the_statements_of_an_import_do_not_grow_with_its_followers(
    tmp_path: Path, drivers: dict[str, SimProfile]
) -> None:
    def statements(hours: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            bring(tmp_path, evening(hours, f"Server {hours}"))
        return len(queries)

    without = statements(30)
    users = User.objects.bulk_create([User(username=f"fan{number}") for number in range(200)])
    Follow.objects.bulk_create([Follow(user=user, profile=drivers["Alice"]) for user in users])
    assert statements(60) <= without
    assert Notification.objects.count() == 200


def test_a_closed_account_is_told_nothing(tmp_path: Path, fan: User) -> None:
    User.objects.filter(pk=fan.pk).update(is_active=False)
    bring(tmp_path, (RACE, acc_document()))
    assert not Notification.objects.exists()


def test_all_that_is_new_comes_in_one_mail_the_next_morning(tmp_path: Path, fan: User) -> None:
    for hours, server in ((2, "First"), (27, "Second")):
        bring(tmp_path, evening(hours, server))
    waiting = Notification.objects.filter(email_state="pending", email_due_at=next_digest(timezone.now()))
    assert waiting.count() == 2
    delivery.deliver()
    assert not mail.outbox
    (sent,) = send(fan)
    assert sent.subject == "[SimLane] 2 events with new results"
    assert all(f"New results: {server}" in sent.body for server in ("First", "Second"))
    html = sent.alternatives[0].content
    assert html.count("/events/") == 2
    assert set(Notification.objects.values_list("email_state", flat=True)) == {"sent"}
    assert not send(fan)


def test_a_digest_is_one_mail_of_those_an_account_gets_in_an_hour(tmp_path: Path, fan: User, settings: Any) -> None:
    settings.MAILS_AN_HOUR = 2
    for hours in (2, 27, 52):
        bring(tmp_path, evening(hours, str(hours)))
    assert len(send(fan)) == 1
    bring(tmp_path, evening(77, "77"))
    assert len(send(fan)) == 1
    bring(tmp_path, evening(99, "99"))
    assert not send(fan)
    assert Notification.objects.get(email_state="pending").email_attempts == 0


def test_who_wants_no_mails_of_it_has_the_bell(tmp_path: Path, fan: User) -> None:
    choose(fan.pk, {"followed": False})
    bring(tmp_path, (RACE, acc_document()))
    assert Notification.objects.get().email_state == "none"


def test_a_mail_server_that_is_away_loses_none_of_a_digest(tmp_path: Path, fan: User, closed_port: int) -> None:
    for hours in (2, 27):
        bring(tmp_path, evening(hours, str(hours)))
    send(fan)
    assert list(Notification.objects.values_list("email_state", "email_attempts")) == [("pending", 1)] * 2


def test_the_bell_leads_to_the_event(tmp_path: Path, fan: User, client: Client) -> None:
    bring(tmp_path, (RACE, acc_document()))
    client.force_login(fan)
    assert "New results: Test League | Round 1" in client.get(LIST).content.decode()
    told = Notification.objects.get()
    answer = client.post(f"{LIST}{told.pk}/read/", {"open": "1"})
    assert answer["Location"] == Event.objects.latest("pk").get_absolute_url()


def test_the_list_asks_twice_for_all_its_events(tmp_path: Path, fan: User, client: Client) -> None:
    client.force_login(fan)

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        return len(queries)

    statements()
    # Once a flag was looked up for all.
    empty = statements()
    for hours in (2, 27, 52):
        bring(tmp_path, evening(hours, str(hours)))
    assert statements() == empty + 2


def test_files_of_a_preview_tell_nobody(tmp_path: Path, fan: User) -> None:
    bring(tmp_path, (RACE, acc_document()), dry_run=True)
    assert not Notification.objects.exists()
    assert ResultFile.objects.count() == 1
