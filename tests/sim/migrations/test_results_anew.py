"""Results that an older release stored: what newer migrations make of them, and of their way back."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.apps.registry import Apps
from django.db import connection, connections

from simlane.results.readers import iracing
from simlane.sim.career.statistics import COUNTED, recount
from simlane.sim.legacy import batches, career_statistics
from simlane.sim.models import EntryDriver, SimProfile
from tests import databases
from tests.sim.migrations.conftest import HEAD, Kind, Migrate, go_together, models_at
from tests.waiting import wait_until

BEFORE = "0034_names_from_results"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Stored:
    """Rows as they are at `BEFORE`."""

    def __init__(self, apps: Apps) -> None:
        self.get = lambda name: apps.get_model("sim", name).objects
        slugs = ("assetto-corsa-competizione", "iracing")
        self.acc, self.iracing = (self.get("Simulator").get(slug=slug) for slug in slugs)
        self.track = self.get("Track").create(simulator=self.acc, name="Nürburgring", layout="24h")

    def event(self, name: str, weekend: str = "", *sessions: str, **fields: Any) -> int:
        values = {"simulator": self.acc, "track": self.track, "event_source": "results"} | fields
        row = self.get("Event").create(name=name, weekend=weekend, **values)
        for number, session in enumerate(sessions):
            self.get("Session").create(event=row, kind="race", number=number, name=session)
        return row.pk

    def drive(self, session: Any, identifier: str, name: str, position: int, **fields: Any) -> Any:
        profiles, row = self.get("SimProfile"), session.entries.count()
        defaults = {"profile_name": name, "name_key": name.lower()}
        profile, new = profiles.get_or_create(
            simulator=session.event.simulator, profile_identifier=identifier, defaults=defaults
        )
        if new:
            self.get("ProfileName").create(profile=profile, name=name, folded=name.lower(), last_used_at=NOON)
        entry = self.get("Entry").create(session=session, row=row, position=position, **fields)
        return self.get("EntryDriver").create(entry=entry, seat=0, name=name, profile=profile, raced_at=NOON)


@pytest.fixture
def stored(migrate: Migrate) -> Stored:
    databases.prepare("before_results_anew", lambda: at_the_newest_and_back(migrate))
    return Stored(models_at(BEFORE))


def at_the_newest_and_back(migrate: Migrate) -> None:
    databases.reset(databases.NEWEST)
    migrate(BEFORE)


NAMED, UNNAMED = "League R1|nurburgring_24h", "|Nürburgring|24h"


def events_are_called_and_joined_as_if_they_came_in_today(stored: Stored) -> Kind:
    long = "a" * 64
    expected = {
        stored.event("League R1 | pw: fish", "League R1 | pw: fish|nurburgring_24h", "Race"): ("League R1", "", NAMED),
        stored.event("League R1", NAMED, "Race"): ("League R1", "", NAMED),
        stored.event("pass: fish", "pass: fish|nurburgring_24h", "Race"): ("Nürburgring, Race", "", UNNAMED),
        stored.event("pass: fish", "pass: fish|nurburgring_24h", "Q", "R"): ("Nürburgring – 24h", "", UNNAMED),
        stored.event("Nürburgring, Race", "", "Race"): ("Nürburgring, Race", "", UNNAMED),
        stored.event("Nürburgring, Race", "|nurburgring_24h", "Race"): ("Nürburgring, Race", "", UNNAMED),
        stored.event("Long", long, "Race"): ("Long", "", long),
        stored.event("pw: fish", series="Cup | discord.gg/reef", platform_id="1"): ("Cup", "Cup", ""),
        stored.event("pw: fish", platform_id="2"): ("Nürburgring", "", ""),
        stored.event("Pass: by hand", event_source="manual"): ("Pass: by hand", "", ""),
    }
    events = (yield).get_model("sim", "Event").objects.filter(pk__in=expected)
    found = {row[0]: row[1:] for row in events.values_list("pk", "name", "series", "weekend")}
    assert found == expected
    yield
    events = stored.get("Event").filter(pk__in=expected)
    assert dict(events.values_list("pk", "name")) == {key: name for key, (name, _, _) in expected.items()}


def starts_are_counted_anew_and_heats_are_told_by_their_names(stored: Stored) -> Kind:
    key = stored.event("Heats", "", "Lcq", "Feature", simulator=stored.iracing, track=None, platform_id="3")
    heat, feature = stored.get("Session").filter(event=key).order_by("number")
    stored.drive(heat, "1", "Alice", 1, laps=10)
    stored.drive(feature, "1", "Alice", 1, laps=0, status="dsq")
    stored.drive(feature, "2", "Bob", 2, laps=0, status="dnf")
    stored.get("SimProfile").update(starts=7, wins=7)
    yield

    def figures() -> dict[str, tuple[int, ...]]:
        rows = SimProfile.objects.filter(simulator__slug="iracing").values_list("profile_identifier", *COUNTED)
        return {row[0]: row[1:] for row in rows}

    before = figures()
    assert before == {"1": (1, 0, 0, 0, 0), "2": (1, 0, 1, 0, 1)}
    recount(list(SimProfile.objects.values_list("pk", flat=True)))
    assert figures() == before


def drivers_without_a_name_have_none(stored: Stored) -> Kind:
    key = stored.event("Race", "", "Race")
    (race,) = stored.get("Session").filter(event=key)
    imported = stored.drive(race, "76561190000000001", "Unknown driver", 1).profile
    # Somebody had typed it in the old release.
    typed = stored.drive(race, "76561190000000002", "Unknown driver", 2).profile
    stored.get("LegacyProfile").create(profile_id=typed.pk, is_verified=False, upgraded_is_verified=False)
    stored.drive(race, "76561190000000003", "Bob", 3)
    names = {imported.pk: ("Unknown driver", "unknown driver"), typed.pk: ("Unknown driver", "unknown driver")}

    def found() -> tuple[dict[Any, tuple[str, str]], list[str], set[tuple[str, str]]]:
        profiles = SimProfile.objects.filter(pk__in=names).values_list("pk", "profile_name", "name_key")
        kept = SimProfile.objects.get(pk=imported.pk).names.values_list("name", "folded")
        drives = EntryDriver.objects.filter(entry__session=race.pk).order_by("entry__row", "pk")
        return {row[0]: row[1:] for row in profiles}, list(drives.values_list("name", flat=True)), set(kept)

    before = found()
    yield
    assert found() == (names | {imported.pk: ("", "")}, ["", "", "Bob"], {("", "")})
    assert SimProfile.objects.get(pk=imported.pk).public_name == "Unknown driver"
    yield
    assert found() == before


def test_results_are_as_if_they_came_in_today(stored: Stored, migrate: Migrate, subtests: pytest.Subtests) -> None:
    kinds = (
        events_are_called_and_joined_as_if_they_came_in_today,
        starts_are_counted_anew_and_heats_are_told_by_their_names,
        drivers_without_a_name_have_none,
    )
    go_together(subtests, migrate, {kind.__name__: kind(stored) for kind in kinds}, HEAD, BEFORE)


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("Heat 2", "heat"),
        ("Lcq", "heat"),
        ("Last Chance", "heat"),
        ("Consolation 1", "heat"),
        ("B-Main", "heat"),
        ("B Main", "heat"),
        ("Semi 1", "heat"),
        ("Semi-Final", "heat"),
        ("Feature", "feature"),
        ("A-Main", "feature"),
        ("Final", "feature"),
        ("Race", ""),
        ("Cheat Sheet Cup", ""),
        ("Seminar", ""),
    ],
)
def test_a_heat_is_told_by_its_name_as_the_reader_tells_it(name: str, stage: str) -> None:
    assert career_statistics.stage_of(name) == iracing._stage(name, is_main=False, in_heats=False) == stage


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_counting_waits_for_the_import_that_is_storing(stored: Stored) -> None:
    key = stored.event("Race", "", "Race")
    (race,) = stored.get("Session").filter(event=key)
    stored.drive(race, "76561190000000001", "Alice", 1, laps=3)
    other = connection.copy()
    counting = threading.Thread(target=_count)
    with other.cursor() as cursor:
        other.set_autocommit(False)
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [batches.IMPORT])
        counting.start()
        wait_until(_waits)
        session, entry = _another(cursor, race.event_id)
        cursor.execute(
            "INSERT INTO sim_entrydriver (entry_id, seat, name, profile_id, raced_at, license_before, license_after) "
            "SELECT %s, 0, 'Alice', id, now(), '', '' FROM sim_simprofile",
            [entry],
        )
        # What add_sessions adds.
        cursor.execute("UPDATE sim_simprofile SET starts = starts + 1, wins = wins + 1")
        other.commit()
    other.close()
    counting.join()
    assert session
    assert SimProfile.objects.values_list("starts", "wins").get() == (2, 2)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_counting_holds_nobody_who_never_raced(stored: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a million profiles that an old install has, few raced: one batch of those spans all others."""
    monkeypatch.setattr(batches, "LOCK_TRIES", 1)
    (race,) = stored.get("Session").filter(event=stored.event("Race", "", "Race"))
    keys = sorted(uuid4() for _ in range(3))
    for number, key in enumerate(keys):
        stored.get("SimProfile").create(id=key, simulator=stored.acc, profile_identifier=f"7656119000000000{number}")
    for number in (0, 2):
        stored.drive(race, f"7656119000000000{number}", "Alice", number + 1, laps=3)
    other = connection.copy()
    with other.cursor() as cursor:
        other.set_autocommit(False)
        cursor.execute("SELECT 1 FROM sim_simprofile WHERE id = %s FOR UPDATE", [keys[1]])
        career_statistics.count(connection)
    other.close()
    assert list(SimProfile.objects.order_by("id").values_list("starts", flat=True)) == [1, 0, 1]


def _another(cursor: Any, event: int) -> tuple[int, int]:
    """A second race of the event, with one entry that won it."""
    cursor.execute(
        "INSERT INTO sim_session (event_id, kind, number, name, stage) VALUES (%s, 'race', 9, 'Race 2', '') RETURNING id",
        [event],
    )
    (session,) = cursor.fetchone()
    cursor.execute(
        "INSERT INTO sim_entry (session_id, row, position, car_class, car_number, team_name, status, status_text) "
        "VALUES (%s, 0, 1, '', '', '', 'finished', '') RETURNING id",
        [session],
    )
    return session, cursor.fetchone()[0]


def _waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return cursor.fetchone() is not None


def _count() -> None:
    try:
        career_statistics.count(connection)
    finally:
        connections.close_all()
