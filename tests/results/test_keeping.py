"""Result files that came in are kept as they were: in a folder, by S3, or not at all."""

from __future__ import annotations

import gzip
import hashlib
import json
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.exceptions import ImproperlyConfigured

from simlane.config import environment
from simlane.results import content, keeping, seen, versions
from simlane.results.importer import Importer
from simlane.results.models import ResultFile
from simlane.results.source import ResultFileError, Source
from simlane.sim.models import Event, Session
from tests.results.builders import acc_document, iracing_document, parse


@pytest.fixture
def place(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESULTS_STORAGE", str(tmp_path / "kept"))
    settings.STORAGES = settings.STORAGES | environment.results_storage("RESULTS_STORAGE", default=Path("/nowhere"))
    return tmp_path / "kept"


def bring(folder: Path, document: dict[str, Any] | None = None, **options: Any) -> Any:
    (folder / "260301_203000_R.json").write_text(json.dumps(document or acc_document()))
    return Importer(**options).run([folder / "260301_203000_R.json"])


@pytest.mark.django_db
def test_the_bytes_are_kept_by_their_digest_and_come_back(place: Path, tmp_path: Path) -> None:
    bring(tmp_path)
    file = ResultFile.objects.get()
    assert file.kept == f"{file.sha256[:2]}/{file.sha256}.gz"
    assert gzip.decompress((place / file.kept).read_bytes()) == (tmp_path / file.filename).read_bytes()
    assert keeping.read(file.kept) == (tmp_path / file.filename).read_bytes()
    # Nothing half-written lies beside it.
    assert files_in(place) == {file.kept}


def test_two_that_keep_the_same_bytes_at_once_keep_them_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = keeping.pack(Source("a.json", b"the same bytes"))
    name = keeping.keep(packed)
    looks: list[str] = []
    exists = keeping.Folder.exists

    def had_looked_before(self: keeping.Folder, name: str) -> bool:
        looks.append(name)
        return len(looks) > 1 and exists(self, name)

    monkeypatch.setattr(keeping.Folder, "exists", had_looked_before)
    assert keeping.keep(packed) == name
    assert files_in(place) == {name}
    assert keeping.read(name) == b"the same bytes"


@pytest.mark.django_db
def test_a_dry_run_keeps_nothing(place: Path, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(acc_document()))
    assert Importer(dry_run=True).run([tmp_path / "a.json"]).imported == 1
    assert not place.exists()


def files_in(place: Path) -> set[str]:
    return {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()}


@pytest.mark.django_db
def test_what_does_not_come_in_is_not_kept(place: Path, tmp_path: Path) -> None:
    bring(tmp_path)
    first = ResultFile.objects.get()
    corrected = acc_document()
    corrected["sessionResult"]["leaderBoardLines"][0]["timing"]["totalTime"] += 1
    assert bring(tmp_path, corrected).refused
    # Other bytes that say the same.
    assert bring(tmp_path, acc_document() | {"more": 1}).unchanged == 1
    assert files_in(place) == {first.kept}
    assert bring(tmp_path, corrected, replace=True).replaced == 1
    assert files_in(place) == set(ResultFile.objects.values_list("kept", flat=True))
    assert ResultFile.objects.count() == 2


@pytest.mark.django_db
def test_what_comes_in_after_all_is_kept(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(tmp_path)
    corrected = acc_document()
    corrected["sessionResult"]["leaderBoardLines"][0]["timing"]["totalTime"] += 1
    sort = seen.Seen.sort

    def withdrawn_since(self: seen.Seen, batch: Any) -> Any:
        found = sort(self, batch)
        if Session.objects.exists():
            versions.withdraw(Event.objects.get(), by=None, reason="just now")
        return found

    monkeypatch.setattr(seen.Seen, "sort", withdrawn_since)
    assert bring(tmp_path, corrected).imported == 1
    assert files_in(place) == set(ResultFile.objects.values_list("kept", flat=True))
    assert ResultFile.objects.count() == 2


@pytest.mark.django_db
def test_two_files_of_one_name_in_an_archive_are_kept_each(place: Path, tmp_path: Path) -> None:
    documents = [json.dumps(iracing_document(subsession_id=each)) for each in (1, 2)]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for document in documents:
            archive.writestr("a.json", document)
    assert Importer().run([tmp_path / "a.zip"]).imported == 2
    for file in ResultFile.objects.all():
        assert hashlib.sha256(keeping.read(file.kept)).hexdigest() == file.sha256


@pytest.mark.django_db
def test_a_file_that_cannot_be_kept_does_not_come_in_and_says_why(place: Path, tmp_path: Path) -> None:
    place.write_text("a file where the folder should be")
    report = bring(tmp_path)
    assert "The file cannot be kept (Not a directory): see RESULTS_STORAGE" in str(report.refused[0][1])
    assert not ResultFile.objects.exists()
    place.unlink()
    assert bring(tmp_path).imported == 1


@pytest.mark.django_db
def test_nothing_is_kept_when_it_is_off(settings: Any, tmp_path: Path) -> None:
    settings.STORAGES = {name: value for name, value in settings.STORAGES.items() if name != "results"}
    assert bring(tmp_path).imported == 1
    file = ResultFile.objects.get()
    assert (file.kept, file.content is None) == ("", False)
    with pytest.raises(ResultFileError, match="was not kept"):
        keeping.read(file.kept)


def test_what_is_gone_or_broken_is_an_error_that_says_so(place: Path) -> None:
    with pytest.raises(ResultFileError, match="No such file"):
        keeping.read("ab/abc.gz")
    (place / "ab").mkdir(parents=True)
    (place / "ab" / "abc.gz").write_bytes(b"no gzip")
    with pytest.raises(ResultFileError, match="cannot be read"):
        keeping.read("ab/abc.gz")


def test_the_settings_value(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def read(value: str) -> dict[str, Any]:
        monkeypatch.setenv("RESULTS_STORAGE", value)
        return environment.results_storage("RESULTS_STORAGE", default=tmp_path)

    assert read("OFF") == {}
    assert read("/srv/results")["results"]["OPTIONS"]["location"] == "/srv/results"
    for value, said in {
        "results": "no full path",
        "ftp://host/results": "no place for files",
        "s3://": "no place for files",
        "s3://key@bucket": "no place for files",
        " ": "set but empty",
        "s3://bucket/results": "pip install 'django-storages",
    }.items():
        with pytest.raises(ImproperlyConfigured, match=said):
            read(value)
    monkeypatch.setattr(environment, "find_spec", lambda name: True)
    found = read("s3://bucket/a/prefix/")["results"]
    assert found["BACKEND"] == "storages.backends.s3.S3Storage"
    assert (found["OPTIONS"]["bucket_name"], found["OPTIONS"]["location"]) == ("bucket", "a/prefix")
    monkeypatch.delenv("RESULTS_STORAGE")
    default = environment.results_storage("RESULTS_STORAGE", default=tmp_path)
    assert default["results"]["OPTIONS"]["location"] == str(tmp_path)


def test_the_check_finds_a_folder_that_cannot_be_written(place: Path) -> None:
    assert keeping.folder_is_usable() == []
    place.write_text("")
    (message,) = keeping.folder_is_usable()
    assert "cannot be used" in message.msg


@pytest.mark.parametrize("document", [acc_document(), iracing_document()])
def test_what_a_file_says_comes_back_as_the_same_objects(document: dict[str, Any]) -> None:
    event = parse(document)
    assert content.decode(content.encode(event)) == event


@pytest.mark.parametrize("document", [acc_document(), iracing_document()])
def test_what_was_kept_with_the_names_of_its_values_is_read_as_ever(document: dict[str, Any]) -> None:
    event = parse(document)
    assert content.decode(zlib.compress(msgspec.json.encode(_with_names(event)))) == event


def _with_names(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
        return {name: _with_names(each) for name, each in value.items()}
    return [_with_names(each) for each in value] if isinstance(value, list | tuple) else value
