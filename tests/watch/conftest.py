"""Nothing noted by one test is stored by the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simlane.users.models import User
from simlane.watch import recording, storing


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(recording, "_notes", recording.Notes())
    monkeypatch.setattr(storing, "_purged", None)
    yield


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user("staff", is_staff=True)
