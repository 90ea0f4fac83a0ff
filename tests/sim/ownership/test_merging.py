"""Rule 11: two profiles become one by proof or decision, and the merge can be undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import Client
from django.utils import timezone

from simlane.results.importer import Importer
from simlane.results.profiles import Sighting, record_sightings
from simlane.sim.errors import Refused
from simlane.sim.integrity import findings
from simlane.sim.models import Claim, EntryDriver, HistoryEntry, Merge, PersonalBest, SimProfile
from simlane.sim.ownership import claims, merging
from simlane.sim.search.query import search
from simlane.users.models import User
from tests.results.builders import BOB, acc_document, acc_driver, acc_line
from tests.sim.conftest import MakeProfile

pytestmark = pytest.mark.django_db
FIGURES = ("starts", "wins", "podiums", "last_active_at")


@pytest.fixture
def bob(season: None) -> SimProfile:
    return SimProfile.objects.select_related("simulator").get(profile_identifier=BOB.removeprefix("S"))


def state_of(*profiles: SimProfile) -> list[object]:
    """All that belongs to the profiles."""
    keys = [profile.pk for profile in profiles]
    bests = PersonalBest.objects.filter(profile__in=keys).order_by("profile", "track", "car")
    columns = ("pk", *FIGURES, "profile_name", "linked_user", "linked_at", "is_verified", "is_public", "merged_into")
    return [
        list(SimProfile.objects.filter(pk__in=keys).order_by("pk").values_list(*columns)),
        list(EntryDriver.objects.filter(profile__in=keys).order_by("pk").values_list("pk", "profile")),
        [sorted(each.names.values_list("name", "last_used_at")) for each in profiles],
        list(bests.values_list("profile", "track", "car", "best_lap_ms", "drive")),
    ]


def broken() -> list[str]:
    return [finding.check for finding in findings() if finding.count]


def test_results_names_and_figures_come_along(alice: SimProfile, bob: SimProfile, staff: User) -> None:
    assert (alice.starts, bob.starts) == (2, 2)
    merging.merge(alice.pk, bob.pk, by=staff)
    alice.refresh_from_db()
    bob.refresh_from_db()
    # They were in the same two races: one driver starts once in each.
    assert alice.starts == 2
    assert not bob.drives.exists()
    assert bob.starts == 0
    assert "Bob Birch" in alice.names.values_list("name", flat=True)
    hits = search(SimProfile.objects.public(), "birch").hits
    assert [hit.profile for hit in hits] == [alice]
    assert broken() == []


def test_the_old_address_leads_to_the_new_one(alice: SimProfile, bob: SimProfile, staff: User, client: Client) -> None:
    merging.merge(alice.pk, bob.pk, by=staff)
    for address in (bob.get_absolute_url(), bob.get_absolute_url().replace(bob.profile_identifier, BOB)):
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, alice.get_absolute_url())
    client.force_login(staff)
    assert client.get(bob.get_absolute_url()).status_code == 302


def test_a_hidden_profile_is_no_target_for_others(
    alice: SimProfile, bob: SimProfile, ann: User, staff: User, client: Client
) -> None:
    alice.link_to_user(ann, verified=True)
    alice.set_visibility(ann, public=False)
    merging.merge(alice.pk, bob.pk, by=staff)
    assert client.get(bob.get_absolute_url()).status_code == 404
    client.force_login(ann)
    assert client.get(bob.get_absolute_url()).status_code == 302


@pytest.mark.parametrize("links", ["nobody", "kept", "merged", "both"])
def test_undone_it_is_as_before(alice: SimProfile, bob: SimProfile, ann: User, staff: User, links: str) -> None:
    if links in ("kept", "both"):
        alice.link_to_user(ann)
    if links in ("merged", "both"):
        bob.link_to_user(ann, verified=True)
        bob.set_visibility(ann, public=False)
    before = state_of(alice, bob)
    merge = merging.merge(alice.pk, bob.pk, by=staff)
    assert state_of(alice, bob) != before
    alice.refresh_from_db()
    expected = {"nobody": (None, False, True), "kept": (ann.pk, False, True)}.get(links, (ann.pk, True, False))
    assert (alice.linked_user_id, alice.is_verified, alice.is_public) == expected
    assert broken() == []
    merging.undo(merge, by=staff)
    assert state_of(alice, bob) == before
    assert broken() == []
    with pytest.raises(Refused, match="undone already"):
        merging.undo(merge, by=staff)


def test_what_came_in_later_goes_back_to_whom_it_was(
    alice: SimProfile, bob: SimProfile, staff: User, tmp_path: Path
) -> None:
    merge = merging.merge(alice.pk, bob.pk, by=staff)
    before = SimProfile.objects.count()
    both = [acc_line(1001, acc_driver("Alice", "Again", "S" + alice.profile_identifier)),
            acc_line(1002, acc_driver("Bobby", "Birch", BOB))]  # fmt: skip
    folder = tmp_path / "later"
    folder.mkdir()
    document = acc_document(sessionResult={"leaderBoardLines": both}, laps=[])
    (folder / "260601_203000_R.json").write_text(json.dumps(document))
    assert not Importer().run([folder]).refused
    assert SimProfile.objects.count() == before
    assert not bob.drives.exists()
    assert {"Alice Again", "Bobby Birch"} <= set(alice.names.values_list("name", flat=True))
    assert broken() == []
    merging.undo(merge, by=staff)
    assert bob.drives.filter(name="Bobby Birch").exists()
    assert "Bobby Birch" in bob.names.values_list("name", flat=True)
    assert "Bobby Birch" not in alice.names.values_list("name", flat=True)
    assert broken() == []


def test_undone_each_is_called_what_it_was_called(
    alice: SimProfile, bob: SimProfile, staff: User, tmp_path: Path
) -> None:
    merge = merging.merge(alice.pk, bob.pk, by=staff)
    document = acc_document(
        sessionResult={"leaderBoardLines": [acc_line(1002, acc_driver("Bobby", "Birch", BOB))]}, laps=[]
    )
    (tmp_path / "260601_203000_R.json").write_text(json.dumps(document))
    assert not Importer().run([tmp_path]).refused
    alice.refresh_from_db()
    assert alice.profile_name == "Bobby Birch"
    merging.undo(merge, by=staff)
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert alice.profile_name in alice.names.values_list("name", flat=True)
    assert (bob.profile_name, bob.name_key) == ("Bobby Birch", "bobby birch")
    assert broken() == []


def test_two_merges_into_one_are_undone_from_the_later_one(make_profile: MakeProfile, staff: User) -> None:
    kept, first, second = (make_profile() for _ in range(3))
    merges = [merging.merge(kept.pk, each.pk, by=staff) for each in (first, second)]
    with pytest.raises(Refused, match="undo that merge first"):
        merging.undo(merges[0], by=staff)
    for merge in reversed(merges):
        merging.undo(merge, by=staff)


def test_claims_go_with_a_merge_and_come_back(make_profile: MakeProfile, ann: User, ben: User, staff: User) -> None:
    kept, merged = make_profile(), make_profile()
    moving, double, other = (
        claims.submit(profile, user, "Mine.") for profile, user in ((merged, ann), (merged, ben), (kept, ben))
    )
    merge = merging.merge(kept.pk, merged.pk, by=staff)
    found = {claim.pk: (claim.profile_id, claim.state) for claim in Claim.objects.all()}
    assert found == {
        moving.pk: (kept.pk, "open"), double.pk: (merged.pk, "withdrawn"), other.pk: (kept.pk, "open"),
    }  # fmt: skip
    merging.undo(merge, by=staff)
    found = {claim.pk: (claim.profile_id, claim.state) for claim in Claim.objects.all()}
    assert found == {moving.pk: (merged.pk, "open"), double.pk: (merged.pk, "open"), other.pk: (kept.pk, "open")}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_merge_waits_for_an_import_of_its_drivers(make_profile: MakeProfile, staff: User) -> None:
    kept, merged = make_profile(), make_profile()
    refused: list[str] = []

    def decide() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = 300")
            merging.merge(kept.pk, merged.pk, by=staff)
        except OperationalError as error:
            refused.append(str(error))
        finally:
            connection.close()

    with transaction.atomic():
        record_sightings([Sighting(merged.simulator_id, merged.profile_identifier, "Seen", timezone.now())])
        thread = Thread(target=decide)
        thread.start()
        thread.join()
    assert refused
    assert "lock timeout" in refused[0]
    assert not Merge.objects.exists()


def test_a_chain_is_undone_from_its_end(make_profile: MakeProfile, staff: User) -> None:
    first, second, third = (make_profile(name=name) for name in ("First", "Second", "Third"))
    below = merging.merge(second.pk, first.pk, by=staff)
    above = merging.merge(third.pk, second.pk, by=staff)
    first.refresh_from_db()
    assert first.merged_into == third
    assert merging.aliases([first.pk]) == {first.pk: (third.pk, [below.pk, above.pk])}
    with pytest.raises(Refused, match="undo that merge first"):
        merging.undo(below, by=staff)
    merging.undo(above, by=staff)
    first.refresh_from_db()
    assert first.merged_into == second
    merging.undo(below, by=staff)
    first.refresh_from_db()
    assert (first.merged_into, first.is_public) == (None, True)


def _two_owners(make: MakeProfile, ann: User, ben: User) -> tuple[SimProfile, SimProfile]:
    one, two = make(), make()
    one.link_to_user(ann)
    two.link_to_user(ben)
    return one, two


def _merged_already(make: MakeProfile, ann: User, ben: User) -> tuple[SimProfile, SimProfile]:
    one, two = make(), make()
    merging.merge(one.pk, two.pk, by=ann)
    return two, make()


CASES: list[tuple[Callable[[MakeProfile, User, User], tuple[SimProfile, SimProfile]], str]] = [
    (_two_owners, merging.TWO_OWNERS),
    (_merged_already, merging.MERGED_ALREADY),
    (lambda make, ann, ben: (make(), make("raceroom")), merging.ELSEWHERE),
    (lambda make, ann, ben: (profile := make(), profile), merging.ITSELF),
]


@pytest.mark.parametrize(("case", "message"), CASES)
def test_what_cannot_be_merged(
    case: Callable[[MakeProfile, User, User], tuple[SimProfile, SimProfile]],
    message: str,
    make_profile: MakeProfile,
    ann: User,
    ben: User,
    staff: User,
) -> None:
    kept, merged = case(make_profile, ann, ben)
    count = Merge.objects.count()
    with pytest.raises(Refused) as refusal:
        merging.merge(kept.pk, merged.pk, by=staff)
    assert str(refusal.value) == message
    assert Merge.objects.count() == count


def test_a_merged_profile_cannot_be_linked_or_shown(make_profile: MakeProfile, ann: User, staff: User) -> None:
    kept, merged = make_profile(), make_profile()
    stale = SimProfile.objects.get(pk=merged.pk)
    merging.merge(kept.pk, merged.pk, by=staff)
    with pytest.raises(Refused, match="already linked"):
        stale.link_to_user(ann)
    for fields in ({"is_public": True}, {"linked_user": ann, "linked_at": kept.created_at}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SimProfile.objects.filter(pk=merged.pk).update(**fields)


def test_the_history_of_both_is_the_kept_ones(make_profile: MakeProfile, ann: User, staff: User) -> None:
    kept, merged = make_profile(), make_profile()
    merged.link_to_user(ann)
    merge = merging.merge(kept.pk, merged.pk, by=staff)
    assert [entry.action for entry in HistoryEntry.objects.of(kept)] == ["merge", "merge", "link"]
    merging.undo(merge, by=staff)
    assert [entry.action for entry in HistoryEntry.objects.of(merged)] == ["unmerge", "merge", "link"]
    assert HistoryEntry.objects.of(merged)[0].account == ann


def test_a_link_proved_since_stays_when_the_merge_is_undone(make_profile: MakeProfile, ann: User, staff: User) -> None:
    kept, merged = make_profile(), make_profile()
    merged.link_to_user(ann)
    merge = merging.merge(kept.pk, merged.pk, by=staff)
    SimProfile.objects.get(pk=kept.pk).link_to_user(ann, verified=True)
    merging.undo(merge, by=staff)
    kept.refresh_from_db()
    merged.refresh_from_db()
    assert (kept.linked_user, kept.is_verified) == (ann, True)
    assert (merged.linked_user, merged.is_verified) == (ann, False)


def test_an_account_that_is_gone_gets_nothing_back(make_profile: MakeProfile, ann: User, staff: User) -> None:
    kept, merged = make_profile(), make_profile()
    merged.link_to_user(ann, verified=True)
    merge = merging.merge(kept.pk, merged.pk, by=staff)
    ann.delete()
    merging.undo(merge, by=staff)
    merged.refresh_from_db()
    assert (merged.linked_user, merged.is_verified, merged.is_public) == (None, False, True)
