"""The upload page: many files and archives, a preview that changes nothing, an import that survives its worker."""

from __future__ import annotations

import errno
import io
import json
import os
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.templatetags.static import static
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from simlane.config import asgi
from simlane.leagues import uploads
from simlane.leagues.models import Upload, UploadedFile
from simlane.results.files import Candidate
from simlane.results.importer import Importer
from simlane.sim.models import Entry, Event, League, SimProfile
from simlane.users.account_deletion import delete_account
from simlane.users.models import User
from tests.leagues.conftest import signed_in
from tests.results.builders import acc_document, acc_driver, acc_line
from tests.waiting import run_aside

pytestmark = pytest.mark.django_db
ADDRESS = "/leagues/sunday-cup/upload/"
TEMPLATE = "results/simlane-results-template.csv"
NAME = "260601_203000_R.json"
Outcome = UploadedFile.Outcome


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    return tmp_path / "uploads"


@pytest.fixture
def organiser(league: League, otto: User, django_capture_on_commit_callbacks: Any) -> Client:
    """What a request leaves for the end of its transaction is done at once."""

    class Organiser(Client):
        def request(self, **request: Any) -> Any:
            with django_capture_on_commit_callbacks(execute=True):
                return super().request(**request)

    client = Organiser(enforce_csrf_checks=False)
    client.force_login(otto, backend="django.contrib.auth.backends.ModelBackend")
    return client


def race(number: int = 0, **changes: Any) -> bytes:
    lines = [acc_line(1001, acc_driver("Driver", f"Number {number}", f"S{76561190000000100 + number}"))]
    return json.dumps(acc_document(laps=[], sessionResult={"leaderBoardLines": lines}, **changes)).encode()


def archive(**files: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return written.getvalue()


def send(client: Client, *files: tuple[str, bytes], **more: str) -> Upload:
    response = client.post(ADDRESS, {"files": [SimpleUploadedFile(*file) for file in files], **more})
    assert response.status_code == 302, response.content
    return Upload.objects.get(pk=response["Location"].split("/")[-2])


def outcomes(upload: Upload) -> dict[str, str]:
    return dict(upload.files.values_list("name", "outcome"))


def imports(client: Client, upload: Upload) -> None:
    client.post(f"{ADDRESS}{upload.pk}/import/")
    upload.refresh_from_db()


def test_a_preview_says_what_is_in_the_files_and_changes_nothing(organiser: Client, folder: Path) -> None:
    night = archive(**{"night/260601_203000_R.json": race(1), "night/260602_203000_R.json": b"{broken", "a.txt": b"?"})
    upload = send(organiser, ("260603_203000_R.json", race(3)), ("night.zip", night))
    page = organiser.get(f"{ADDRESS}{upload.pk}/").content.decode()
    assert outcomes(upload) == {
        "260603_203000_R.json": "readable",
        "night.zip/night/260601_203000_R.json": "readable",
        "night.zip/night/260602_203000_R.json": "refused",
    }
    assert "Import 2 files" in page
    assert "1 session, 1 entry." in page
    assert not Event.objects.exists()
    assert not SimProfile.objects.exists()
    imports(organiser, upload)
    assert upload.state == Upload.State.DONE
    assert sorted(outcomes(upload).values()) == ["imported", "imported", "refused"]
    page = organiser.get(f"{ADDRESS}{upload.pk}/").content.decode()
    for event in Event.objects.all():
        assert event.get_absolute_url() in page
    assert "Copy link" in page
    assert not list(folder.iterdir()), "the bytes are still there"


def test_of_two_versions_in_one_upload_the_preview_says_which_the_import_refuses(organiser: Client) -> None:
    upload = send(organiser, ("260601_203000_R.json", race(1)), ("260601_203010_R.json", race(2)))
    previewed = outcomes(upload)
    assert previewed == {"260601_203000_R.json": "readable", "260601_203010_R.json": "refused"}
    detail = upload.files.get(outcome="refused").detail
    assert "This session is in already, with other results: 260601_203000_R.json. What came in first stays" in detail
    imports(organiser, upload)
    assert outcomes(upload) == previewed | {"260601_203000_R.json": "imported"}


def test_a_preview_whose_worker_died_still_knows_what_the_files_before_it_would_bring_in(
    organiser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = uploads.bring

    def dies(importer: Importer, candidate: Candidate) -> Any:
        if candidate.label.endswith("260601_203010_R.json"):
            raise SystemExit
        return real(importer, candidate)

    monkeypatch.setattr(uploads, "bring", dies)
    with pytest.raises(SystemExit):
        send(organiser, ("260601_203000_R.json", race(1)), ("260601_203010_R.json", race(2)))
    monkeypatch.setattr(uploads, "bring", real)
    upload = Upload.objects.get()
    Upload.objects.update(beat_at=timezone.now() - uploads.DEAD_AFTER - timedelta(seconds=1))
    organiser.get(f"{ADDRESS}{upload.pk}/")
    assert outcomes(upload) == {"260601_203000_R.json": "readable", "260601_203010_R.json": "refused"}


def test_the_table_to_fill_in_is_offered_and_its_examples_are_no_results(organiser: Client) -> None:
    for page in (ADDRESS, "/help/result-files/"):
        assert f'href="{static(TEMPLATE)}"' in organiser.get(page).content.decode()
    template = finders.find(TEMPLATE)
    assert template
    upload = send(organiser, ("league.csv", Path(template).read_bytes()))
    assert outcomes(upload) == {"league.csv": "refused"}
    assert "line 2, 3, 4" in upload.files.get().detail


def test_a_worker_that_dies_leaves_nothing_out_and_nothing_comes_in_twice(
    organiser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = send(organiser, *[(f"26060{day}_203000_R.json", race(day)) for day in range(1, 6)])
    real, brought = uploads.bring, []

    def dies(*args: Any) -> Any:
        done = real(*args)
        brought.append(done)
        if len(brought) == 3:
            # The third is in, and nobody has written down that it is.
            raise SystemExit
        return done

    monkeypatch.setattr(uploads, "bring", dies)
    with pytest.raises(SystemExit):
        imports(organiser, upload)
    assert Event.objects.count() == 3
    monkeypatch.setattr(uploads, "bring", real)
    # While it may still live nobody takes its place.
    organiser.get(f"{ADDRESS}{upload.pk}/")
    assert Event.objects.count() == 3
    Upload.objects.update(beat_at=timezone.now() - uploads.DEAD_AFTER - timedelta(seconds=1))
    organiser.get(f"{ADDRESS}{upload.pk}/")
    assert Event.objects.count() == 5
    assert Entry.objects.count() == 5
    upload.refresh_from_db()
    assert upload.state == Upload.State.DONE
    assert sorted(outcomes(upload).values()) == ["imported"] * 4 + ["unchanged"]
    assert not upload.files.filter(event=None).exists()


def test_a_long_import_gives_way_to_other_jobs_and_goes_on(organiser: Client, settings: Any) -> None:
    upload = send(organiser, *[(f"26060{day}_203000_R.json", race(day)) for day in range(1, 4)])
    Upload.objects.update(state=Upload.State.IMPORTING, beat_at=timezone.now() - uploads.DEAD_AFTER)
    assert [uploads.work(upload.pk, seconds=0) for _ in range(2)] == [False, False]
    assert Event.objects.count() == 2
    settings.TASKS = {**settings.TASKS, "default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    uploads.job.call(str(upload.pk))
    upload.refresh_from_db()
    assert (upload.state, Event.objects.count()) == (Upload.State.DONE, 3)
    assert not DBTaskResult.objects.exists()


def test_a_file_at_which_workers_die_is_left_out_in_the_end_and_keeps_nobody_elses_waiting(
    organiser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = send(organiser, *[(f"26060{day}_203000_R.json", race(day)) for day in range(1, 4)])
    good = send(organiser, ("260609_203000_R.json", race(9)))
    real, tries = uploads.bring, []

    def dies(importer: Importer, candidate: Candidate) -> Any:
        if candidate.label.endswith("260602_203000_R.json"):
            tries.append(candidate)
            raise MemoryError
        return real(importer, candidate)

    monkeypatch.setattr(uploads, "bring", dies)
    long_ago = timezone.now() - uploads.DEAD_AFTER - timedelta(seconds=1)
    for _ in range(uploads.MOST_TRIES):
        Upload.objects.filter(state__in=[Upload.State.PREVIEWED, Upload.State.IMPORTING]).update(
            state=Upload.State.IMPORTING, beat_at=long_ago
        )
        uploads.go_on_with_all()
    good.refresh_from_db()
    assert good.state == Upload.State.DONE
    Upload.objects.update(beat_at=long_ago)
    uploads.go_on_with_all()
    bad.refresh_from_db()
    assert (bad.state, bad.tries, len(tries)) == (Upload.State.DONE, 0, uploads.MOST_TRIES)
    assert sorted(outcomes(bad).values()) == ["failed", "imported", "imported"]
    assert bad.files.get(outcome=Outcome.FAILED).detail == uploads.LEFT_OUT


def test_a_correction_takes_the_place_when_it_is_called_one(organiser: Client) -> None:
    imports(organiser, send(organiser, (NAME, race(1))))
    other = send(organiser, (NAME, race(2)))
    assert outcomes(other)[NAME] == "refused"
    correction = send(organiser, (NAME, race(2)), replace="on")
    imports(organiser, correction)
    assert outcomes(correction)[NAME] == "imported"
    assert Event.objects.count() == 1
    assert set(Entry.objects.values_list("drivers__name", flat=True)) == {"Driver Number 2"}


def test_files_that_are_not_imported_are_forgotten(organiser: Client, folder: Path) -> None:
    upload = send(organiser, (NAME, race(1)))
    organiser.post(f"{ADDRESS}{upload.pk}/import/", {"discard": "1"})
    assert not Upload.objects.exists()
    old = send(organiser, (NAME, race(1)))
    assert len(list(folder.iterdir())) == 1
    Upload.objects.update(made_at=timezone.now() - uploads.KEPT - timedelta(seconds=1))
    os.utime(uploads.folder_of(old.pk), (0, 0))
    uploads.forget_old()
    assert not Upload.objects.exists()
    assert not list(folder.iterdir())
    assert not Event.objects.exists()


def test_an_upload_is_only_its_members(organiser: Client, olga: User, sam: User, league: League, otto: User) -> None:
    upload = send(organiser, (NAME, race(1)))
    for user in (olga, sam):
        client = signed_in(user)
        assert client.get(f"{ADDRESS}{upload.pk}/").status_code == 404
        assert client.post(f"{ADDRESS}{upload.pk}/import/").status_code == 404
    assert signed_in(sam).get(ADDRESS).status_code == 404
    delete_account(otto)
    assert not UploadedFile.objects.exists()
    assert not Event.objects.exists()


def test_more_than_the_bounds_is_told_before_it_is_read(organiser: Client, settings: Any) -> None:
    settings.UPLOAD_MB = 1
    response = organiser.post(ADDRESS, {"files": [SimpleUploadedFile(NAME, b" " * 1_100_000)]})
    assert (response.status_code, "more than 1 MB" in response.content.decode()) == (413, True)
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = settings.UPLOAD_FILES = 2
    three = {"files": [SimpleUploadedFile(NAME, b"1") for _ in range(3)]}
    response = organiser.post(ADDRESS, three)
    assert (response.status_code, "more than 2 files" in response.content.decode()) == (413, True)
    upload = send(organiser, ("many.zip", archive(**{f"26060{day}_203000_R.json": race(day) for day in range(1, 5)})))
    assert sorted(outcomes(upload).values()) == ["readable", "readable", "refused"]
    upload = send(organiser, ("many.zip", archive(**{f"{number}.zip": b"" for number in range(9)})))
    assert upload.files.count() == 3
    assert not Event.objects.exists()


def test_the_form_is_guarded_as_every_form(league: League, otto: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(otto, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(ADDRESS, {"files": [SimpleUploadedFile(NAME, race())]}).status_code == 403
    assert not Upload.objects.exists()


def test_nothing_chosen_and_an_archived_league_are_told(organiser: Client, league: League) -> None:
    assert organiser.post(ADDRESS, {}).status_code == 422
    League.objects.update(archived_at=timezone.now())
    assert organiser.post(ADDRESS, {"files": [SimpleUploadedFile(NAME, race())]}).status_code == 403
    assert not Upload.objects.exists()


def test_what_was_previewed_does_not_come_into_an_archived_league(organiser: Client, league: League) -> None:
    upload = send(organiser, (NAME, race(1)))
    League.objects.update(archived_at=timezone.now())
    page = organiser.post(f"{ADDRESS}{upload.pk}/import/", follow=True).content.decode()
    assert "Sunday Cup is archived" in page
    assert not Event.objects.exists()


def test_where_there_is_no_room_it_is_told_and_nothing_stays(
    organiser: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(uploads.shutil, "copyfileobj", full)
    response = organiser.post(ADDRESS, {"files": [SimpleUploadedFile(NAME, race())]})
    assert (response.status_code, "has no room" in response.content.decode()) == (503, True)
    assert not list(folder.iterdir())
    assert not Upload.objects.exists()


def test_looking_again_and_again_at_what_waits_for_a_worker_makes_no_queue(organiser: Client, settings: Any) -> None:
    settings.JOBS = "database"
    settings.TASKS = {**settings.TASKS, "default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    upload = send(organiser, (NAME, race(1)))
    for _ in range(5):
        organiser.get(f"{ADDRESS}{upload.pk}/")
    assert DBTaskResult.objects.count() == 2


def test_while_it_is_worked_on_the_page_follows(organiser: Client) -> None:
    upload = send(organiser, (NAME, race(1)))
    Upload.objects.update(state=Upload.State.IMPORTING, beat_at=timezone.now())
    page = organiser.get(f"{ADDRESS}{upload.pk}/").content.decode()
    assert 'hx-trigger="load delay:2s"' in page
    assert "Look again" in page
    part = organiser.get(f"{ADDRESS}{upload.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="results"')


@pytest.mark.parametrize("name", ["../../up.json", "a" * 300 + ".json", "\u202e\U0001f600.json", ".json"])
def test_a_name_is_only_a_name(organiser: Client, name: str, folder: Path) -> None:
    upload = send(organiser, (name, race(1)))
    assert [each.outcome for each in upload.files.all()] == ["readable"]
    assert {each.parent.parent for each in folder.rglob("*.json")} == {uploads.folder_of(upload.pk)}


@pytest.mark.parametrize(
    ("path", "comes"),
    [(ADDRESS, True), ("/api/v1/results", True), ("/accounts/login/", False), (f"{ADDRESS}x/import/", False)],
)
def test_the_server_takes_in_as_much_as_may_be_uploaded_and_nowhere_else(path: str, comes: bool) -> None:
    size = 18 * 1024 * 1024
    scope = {"path": path, "headers": [(b"content-length", str(size).encode())]}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": bytes(size)}

    body = io.BytesIO()
    run_aside(asgi._read(scope, receive, body))
    assert len(body.getvalue()) == (size if comes else 0)
