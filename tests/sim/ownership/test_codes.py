"""Proof by code: in the driver's name, or the team's of who drives alone, in the next file that comes in."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from simlane.results.importer import Importer
from simlane.sim.errors import Refused
from simlane.sim.models import EntryDriver, HistoryEntry, OwnershipCode, SimProfile
from simlane.sim.ownership import codes, merging, proof
from simlane.sim.ownership.code_text import LETTERS, codes_in, new_code, without_codes
from simlane.sim.ownership.events import ownership_changed
from simlane.users.models import User
from tests.results.builders import acc_document, acc_driver, acc_line
from tests.sim.conftest import MakeProfile

ALICE = "76561190000000001"


def race(folder: Path, *lines: dict, month: int = 6) -> None:
    """A race of these lines comes in."""
    folder = folder / str(month)
    folder.mkdir()
    document = acc_document(sessionResult={"leaderBoardLines": list(lines)}, laps=[])
    (folder / f"26{month:02}01_203000_R.json").write_text(json.dumps(document))
    assert not Importer().run([folder]).refused


def driver(name: str, identifier: str = ALICE) -> dict:
    first, _, last = name.partition(" ")
    return acc_driver(first, last, "S" + identifier)


@pytest.fixture
def code(alice: SimProfile, ann: User) -> str:
    alice.link_to_user(ann)
    return codes.issue(alice, ann).code


def test_a_code_ends_with_the_link(alice: SimProfile, ann: User, staff: User, code: str, tmp_path: Path) -> None:
    alice.unlink_from_user()
    race(tmp_path, acc_line(1001, driver(f"Alice [{code}]")))
    alice.refresh_from_db()
    assert alice.linked_user is None
    alice.link_to_user(ann)
    code = codes.issue(alice, ann).code
    proof.staff_unlink(SimProfile.objects.filter(pk=alice.pk), by=staff)
    race(tmp_path, acc_line(1001, driver(f"Alice [{code}]")), month=7)
    alice.refresh_from_db()
    assert alice.linked_user is None


def is_proved(profile: SimProfile) -> bool:
    profile.refresh_from_db()
    return profile.is_verified


def test_the_next_session_under_the_code_proves_the_link(
    alice: SimProfile, ann: User, code: str, tmp_path: Path
) -> None:
    race(tmp_path, acc_line(1001, driver(f"Alice [{code.lower()}]")))
    assert is_proved(alice)
    assert alice.linked_user == ann
    # The driver goes on by her name; the result says what the file said.
    assert alice.profile_name == "Alice"
    drive = EntryDriver.objects.filter(profile=alice).latest("pk")
    assert code.lower() in drive.name
    assert not OwnershipCode.objects.exists()
    entry = HistoryEntry.objects.latest("pk")
    assert (entry.action, entry.how, entry.evidence) == ("verify", "code", {"session": drive.entry.session_id})


def test_the_teams_name_counts_for_who_drives_alone(alice: SimProfile, code: str, tmp_path: Path) -> None:
    def line(*crew: dict) -> dict:
        entry = acc_line(1001, *crew)
        entry["car"]["teamName"] = f"Team {code}"
        return entry

    # Any of its drivers may have put the code there.
    race(tmp_path, line(driver("Alice Amber"), driver("Bob Birch", "76561190000000009")))
    assert not is_proved(alice)
    race(tmp_path, line(driver("Alice Amber")), month=7)
    assert is_proved(alice)


@pytest.mark.parametrize("whose", ["another driver's name", "another code", "an expired code", "a replaced code"])
def test_what_proves_nothing(alice: SimProfile, ann: User, code: str, tmp_path: Path, whose: str) -> None:
    line = acc_line(1001, driver(f"Alice {code}"))
    if whose == "another driver's name":
        line = acc_line(1001, driver(f"Alice {code}", "76561190000000009"))
    elif whose == "another code":
        line = acc_line(1001, driver(f"Alice {new_code()}"))
    elif whose == "an expired code":
        OwnershipCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        codes.issue(alice, ann)
    race(tmp_path, line)
    assert not is_proved(alice)


def test_a_table_written_by_hand_proves_nothing(alice: SimProfile, code: str, tmp_path: Path) -> None:
    (tmp_path / "league.csv").write_text(
        "simulator,track,session,date,position,driver,driver_id\n"
        f"ACC,Spa,Race,2026-06-01 20:30,1,Alice [{code}],{ALICE}\n"
    )
    assert Importer().run([tmp_path]).imported == 1
    assert not is_proved(alice)
    # It counts as a race of hers, under her name.
    alice.refresh_from_db()
    assert alice.profile_name == "Alice"
    assert EntryDriver.objects.filter(profile=alice).exists()


def test_a_code_is_used_once(alice: SimProfile, ann: User, code: str, tmp_path: Path) -> None:
    race(tmp_path, acc_line(1001, driver(f"Alice {code}")))
    alice.refresh_from_db()
    alice.unlink_from_user()
    alice.link_to_user(ann)
    race(tmp_path, acc_line(1002, driver(f"Alice {code}")), month=7)
    assert not is_proved(alice)


def test_a_dry_run_proves_nothing(alice: SimProfile, code: str, tmp_path: Path) -> None:
    document = acc_document(sessionResult={"leaderBoardLines": [acc_line(1001, driver(f"Alice {code}"))]}, laps=[])
    (tmp_path / "260601_203000_R.json").write_text(json.dumps(document))
    Importer(dry_run=True).run([tmp_path / "260601_203000_R.json"])
    assert not is_proved(alice)
    assert OwnershipCode.objects.exists()


def test_a_closed_account_leaves_the_import_alone(alice: SimProfile, ann: User, code: str, tmp_path: Path) -> None:
    User.objects.filter(pk=ann.pk).update(is_active=False)
    race(tmp_path, acc_line(1001, driver(f"Alice {code}")))
    assert not is_proved(alice)
    assert alice.drives.filter(name__contains=code).exists()


def test_a_proof_that_fails_unexpectedly_is_logged_and_the_race_comes_in(
    alice: SimProfile, code: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(**_: object) -> None:
        int("x")

    ownership_changed.connect(fails)
    try:
        race(tmp_path, acc_line(1001, driver(f"Alice {code}")))
    finally:
        ownership_changed.disconnect(fails)
    assert alice.drives.filter(name__contains=code).exists()
    assert not is_proved(alice)
    (record,) = [each for each in caplog.records if each.name == "simlane.sim.ownership.codes"]
    assert (record.levelname, str(alice.pk) in record.getMessage()) == ("ERROR", True)
    assert "invalid literal for int()" in caplog.text
    assert code not in record.getMessage()
    # The code is still good for the next race.
    race(tmp_path, acc_line(1002, driver(f"Alice {code}")), month=7)
    assert is_proved(alice)


def test_only_for_an_unproved_link_of_ones_own(make_profile: MakeProfile, ann: User, ben: User) -> None:
    profile = make_profile()
    for prepare in (lambda: None, lambda: profile.link_to_user(ben), lambda: profile.link_to_user(ben, verified=True)):
        prepare()
        with pytest.raises(Refused, match="not linked to your account"):
            codes.issue(profile, ann)
    with pytest.raises(Refused, match="verified already"):
        codes.issue(profile, ben)


def test_one_live_code_for_each_member_and_profile(make_profile: MakeProfile, ann: User) -> None:
    profile = make_profile()
    profile.link_to_user(ann)
    first, second = codes.issue(profile, ann), codes.issue(profile, ann)
    assert first.code != second.code
    assert codes.live_code(profile, ann) == second
    assert OwnershipCode.objects.count() == 1
    assert abs(second.expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    OwnershipCode.objects.update(expires_at=timezone.now())
    assert codes.live_code(profile, ann) is None
    assert codes.forget_expired() == 1


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_code_is_found_in_any_name(before: str, after: str) -> None:
    code = new_code()
    assert code in codes_in(f"{before} {code} {after}")
    assert code not in without_codes(f"x {before} {code} {after}")


@given(st.integers(0, 6), st.sampled_from(LETTERS))
def test_a_mistyped_code_is_none(place: int, letter: str) -> None:
    code = new_code()
    at = 3 + place
    typed = code[:at] + letter + code[at + 1 :]
    # Places 1 to 7 of the sum are told apart modulo 32 by an odd weight, and by an even one for most letters.
    assert typed == code or typed not in codes_in(typed) or (place + 1) % 2 == 0


# The last one holds a letter that is a K only for who looks away: it once ended an import.
@pytest.mark.parametrize(
    "name", ["SL-", "SL-00000000x", "Ann SL-1234567", "xSL-00000000", "Ann-Marie", "", "SL-\N{KELVIN SIGN}2345678"]
)
def test_what_is_no_code(name: str) -> None:
    assert codes_in(name) == frozenset()
    assert without_codes(name) == name


def test_a_code_for_a_merged_profile_is_one_for_what_it_was_merged_into(
    make_profile: MakeProfile, ann: User, ben: User, staff: User
) -> None:
    """As a proof or a claim of a merged profile is: its results come in as the kept one's."""
    kept, merged = make_profile(), make_profile()
    merging.merge(kept.pk, merged.pk, by=staff)
    kept.refresh_from_db()
    with pytest.raises(Refused):
        codes.issue(merged, ann)
    kept.link_to_user(ann)
    assert codes.issue(merged, ann).profile == kept
    with pytest.raises(Refused):
        codes.issue(merged, ben)
