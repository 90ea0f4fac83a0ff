"""Staff who may see result files are told which ones an import refused, once until they have read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from simlane.results.importer import Importer
from simlane.users.models import Notification, User
from simlane.users.notifications.texts import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> User:
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_resultfile"))
    User.objects.create_user("editor", is_staff=True)
    User.objects.create_user("member")
    return user


def refuse(folder: Path, name: str = "260301_203000_R.json") -> None:
    (folder / name).write_text('{"sessionResult": ')
    assert Importer().run([folder / name]).refused


def test_staff_are_told_of_refused_files(reader: User, tmp_path: Path) -> None:
    refuse(tmp_path)
    told = Notification.objects.get()
    assert (told.user, told.kind) == (reader, "import_refused")
    words = text(told)
    assert words.title == "1 result file refused"
    assert "260301_203000_R.json" in words.sentence


def test_again_only_when_it_is_another_or_was_read(reader: User, tmp_path: Path) -> None:
    refuse(tmp_path)
    refuse(tmp_path)
    assert Notification.objects.count() == 1
    refuse(tmp_path, "\udce9\u202eother.json")
    assert Notification.objects.count() == 2
    Notification.objects.update(read_at=timezone.now())
    refuse(tmp_path)
    assert Notification.objects.count() == 3


@pytest.mark.usefixtures("reader")
def test_a_dry_run_and_a_good_import_tell_nobody(season: None, tmp_path: Path) -> None:
    (tmp_path / "bad_R.json").write_text("{")
    assert Importer(dry_run=True).run([tmp_path]).refused
    assert not Notification.objects.exists()
