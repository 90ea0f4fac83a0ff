"""Nothing noted by one test is stored by the next."""

from __future__ import annotations

import pytest

from simlane.monitoring import logs, recording, storing
from simlane.monitoring.notes import Notes
from simlane.users.models import User


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_notes", Notes())
    logs.request_id.set(logs.NONE)
    monkeypatch.setattr(storing, "_purged", None)


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user("staff", is_staff=True)
