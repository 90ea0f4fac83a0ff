"""A small season: two races, a team, a name only, a renamed driver, and what each person may see of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from simlane.results.importer import Importer
from simlane.sim.models import SimProfile
from simlane.users.models import User
from tests.results.builders import BOB, acc_document, acc_driver, acc_line, iracing_document


@pytest.fixture
def season(db: None, tmp_path: Path) -> None:
    """Alice and Bob at Brands Hatch; then Alice, renamed, with a team mate; two drivers on iRacing."""
    team = acc_line(1001, acc_driver("Alicia", "Amber"), acc_driver("Nobody", "Special", "123"), bestLap=89_000)
    bob = acc_line(1002, acc_driver("Bob", "Birch", BOB), bestLap=90_500, totalTime=183_500)
    later = acc_document(sessionResult={"leaderBoardLines": [bob, team]}, laps=[])
    files = {
        "260301_203000_R.json": acc_document(),
        "260401_203000_R.json": later,
        "subsession.json": iracing_document(),
    }
    for name, document in files.items():
        (tmp_path / name).write_text(json.dumps(document))
    report = Importer().run([tmp_path])
    assert not report.refused


@pytest.fixture
def alice(season: None) -> SimProfile:
    return SimProfile.objects.select_related("simulator").get(profile_identifier="76561190000000001")


@pytest.fixture
def owner(db: None) -> User:
    return get_user_model().objects.create_user("owner", first_name="Olivia", last_name="Owner")


@pytest.fixture
def private(alice: SimProfile, owner: User) -> SimProfile:
    """Alice's profile, verified and hidden by its owner."""
    SimProfile.objects.filter(pk=alice.pk).update(
        linked_user=owner, linked_at=timezone.now(), is_verified=True, is_public=False
    )
    alice.refresh_from_db()
    return alice
