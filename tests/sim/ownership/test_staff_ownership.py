"""The staff's side of ownership: claims are decided, profiles merged and the merge undone, in the admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from simlane.sim.models import Claim, ClaimImage, Merge, SimProfile
from simlane.sim.ownership import claims
from simlane.users.models import Notification, User
from simlane.users.notifications.texts import text

pytestmark = pytest.mark.django_db
QUEUE = "/admin/sim/claim/"


@pytest.fixture
def boss(client: Client) -> User:
    user = User.objects.create_superuser("boss", "boss@example.org", "a password")
    client.force_login(user)
    return user


@pytest.fixture
def claim(alice: SimProfile, ann: User, owner: User) -> Claim:
    alice.link_to_user(owner, verified=True)
    made = claims.submit(alice, ann, "It is mine: see the picture.")
    ClaimImage.objects.create(claim=made, picture=b"RIFFxxxxWEBP", width=1, height=1)
    return made


def decide(client: Client, claim: Claim, decision: str, reason: str = "") -> str:
    address = reverse("admin:sim_claim_decide", args=[claim.pk])
    response = client.post(address, {"decision": decision, "reason": reason}, follow=True)
    assert response.status_code == 200
    claim.refresh_from_db()
    return response.content.decode()


def test_the_queue_holds_what_is_open(client: Client, boss: User, claim: Claim, ann: User) -> None:
    assert f"/admin/sim/claim/{claim.pk}/change/" in client.get(QUEUE).content.decode()
    claims.withdraw(claim, ann)
    assert f"/admin/sim/claim/{claim.pk}/change/" not in client.get(QUEUE).content.decode()
    assert f"/admin/sim/claim/{claim.pk}/change/" in client.get(QUEUE, {"state": "withdrawn"}).content.decode()


def test_a_claims_page_has_all_that_a_decision_needs(client: Client, boss: User, claim: Claim) -> None:
    page = client.get(f"{QUEUE}{claim.pk}/change/").content.decode()
    for shown in ("It is mine: see the picture.", "ann", "owner</a> (verified)", "disputed", "Linked"):
        assert shown in page
    image = ClaimImage.objects.get()
    response = client.get(reverse("admin:sim_claim_picture", args=[image.pk]))
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert "no-store" in response["Cache-Control"]


def test_accepted_it_is_the_claimants(client: Client, boss: User, claim: Claim, ann: User) -> None:
    assert "Accepted" in decide(client, claim, "accept")
    profile = SimProfile.objects.get(pk=claim.profile_id)
    assert (profile.linked_user, profile.is_verified, claim.state, claim.decided_by) == (ann, True, "accepted", boss)
    assert "decided or withdrawn" in decide(client, claim, "refuse", "No.")


def test_refused_with_a_reason_only(client: Client, boss: User, claim: Claim, owner: User) -> None:
    assert "Say why" in decide(client, claim, "refuse")
    assert claim.state == "open"
    assert "Refused" in decide(client, claim, "refuse", "Another id.")
    assert (claim.state, claim.reason) == ("refused", "Another id.")
    assert SimProfile.objects.get(pk=claim.profile_id).linked_user == owner


@pytest.mark.parametrize("decision", ["", "delete"])
def test_anything_else_changes_nothing(client: Client, boss: User, claim: Claim, decision: str) -> None:
    assert "Nothing was changed" in decide(client, claim, decision)
    assert claim.state == "open"


def test_in_ones_own_cause_somebody_else_decides(client: Client, alice: SimProfile, boss: User) -> None:
    claim = claims.submit(alice, boss, "It is mine.")
    assert "party to this claim" in decide(client, claim, "accept")
    assert claim.state == "open"


def test_only_who_may_change_claims_decides(client: Client, claim: Claim) -> None:
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_claim"))
    client.force_login(reader)
    assert "Accept: it is theirs" not in client.get(f"{QUEUE}{claim.pk}/change/").content.decode()
    decide(client, claim, "accept")
    assert claim.state == "open"
    member = User.objects.create_user("somebody")
    client.force_login(member)
    image = ClaimImage.objects.get()
    for address in (f"{QUEUE}{claim.pk}/change/", reverse("admin:sim_claim_picture", args=[image.pk])):
        assert client.get(address).status_code == 302
    assert client.post(reverse("admin:sim_claim_decide", args=[claim.pk]), {"decision": "accept"}).status_code == 302
    claim.refresh_from_db()
    assert claim.state == "open"


@pytest.mark.parametrize("key", ["999", "x", "²", "9" * 5000, "-1", "_00"])
@pytest.mark.parametrize("queue", [QUEUE, "/admin/sim/merge/"])
def test_what_is_not_there_is_a_404(client: Client, boss: User, queue: str, key: str) -> None:
    assert client.get(f"{queue}{key}/change/").status_code == 404


def test_two_chosen_profiles_are_merged_and_parted(client: Client, boss: User, alice: SimProfile) -> None:
    other = SimProfile.objects.exclude(pk=alice.pk).filter(simulator=alice.simulator).latest("starts")
    chosen = {"action": "merge", "_selected_action": [str(alice.pk), str(other.pk)]}
    page = client.post("/admin/sim/simprofile/", chosen, follow=True)
    assert "Which one stays?" in page.content.decode()
    assert not Merge.objects.exists()
    form = {"profile": [str(alice.pk), str(other.pk)], "keep": str(alice.pk)}
    done = client.post(reverse("admin:sim_merge_confirm"), form, follow=True)
    merge = Merge.objects.get()
    assert (merge.kept, merge.merged, merge.by) == (alice, other, boss)
    assert "Undo this merge" in done.content.decode()
    assert client.get("/admin/sim/merge/").status_code == 200
    undone = client.post(reverse("admin:sim_merge_undo", args=[merge.pk]), follow=True).content.decode()
    assert "Undone" in undone
    assert "Undo this merge" not in undone
    other.refresh_from_db()
    assert other.merged_into is None
    assert (
        "undone already" in client.post(reverse("admin:sim_merge_undo", args=[merge.pk]), follow=True).content.decode()
    )


@pytest.mark.parametrize("number", [1, 3])
def test_a_merge_is_of_exactly_two(client: Client, boss: User, season: None, number: int) -> None:
    chosen = {
        "action": "merge",
        "_selected_action": [str(key) for key in SimProfile.objects.values_list("pk", flat=True)[:number]],
    }
    page = client.post("/admin/sim/simprofile/", chosen, follow=True).content.decode()
    assert "exactly two" in page


@pytest.mark.parametrize("form", [{}, {"profile": ["x", "y"]}, {"profile": ["x"], "keep": "y"}])
def test_a_damaged_merge_form_changes_nothing(client: Client, boss: User, season: None, form: dict) -> None:
    assert "Nothing was changed" in client.post(reverse("admin:sim_merge_confirm"), form, follow=True).content.decode()


def test_a_profiles_page_has_its_history(client: Client, boss: User, alice: SimProfile, ann: User) -> None:
    alice.link_to_user(ann)
    page = client.get(f"/admin/sim/simprofile/{alice.pk}/change/").content.decode()
    assert "Linked by the member" in page


def test_who_may_decide_is_told_of_a_claim_and_its_parties_are_not(alice: SimProfile, ann: User, owner: User) -> None:
    decider = User.objects.create_user("decider", is_staff=True)
    decider.user_permissions.add(Permission.objects.get(codename="change_claim"))
    User.objects.create_superuser("boss")
    User.objects.create_user("reader", is_staff=True)
    User.objects.create_superuser("gone", is_active=False)
    User.objects.filter(pk=owner.pk).update(is_staff=True, is_superuser=True)
    alice.link_to_user(owner, verified=True)
    claim = claims.submit(alice, ann, "It is mine.")
    told = Notification.objects.filter(kind="claimed")
    assert sorted(told.values_list("user__username", flat=True)) == ["boss", "decider"]
    assert text(told[0]).link.path == f"/admin/sim/claim/{claim.pk}/change/"


def test_the_staffs_first_page_counts_open_claims(client: Client, boss: User, claim: Claim, ann: User) -> None:
    assert "<strong>1 claim</strong> waits for a decision" in client.get("/admin/").content.decode()
    claims.withdraw(claim, ann)
    assert "No claim waits" in client.get("/admin/").content.decode()
    client.force_login(User.objects.create_user("editor", is_staff=True))
    assert "waits for a decision" not in client.get("/admin/").content.decode()


def test_a_claims_page_links_accounts_and_says_its_evidence_in_words(
    client: Client, boss: User, claim: Claim, ann: User, owner: User
) -> None:
    drive = claim.profile.drives.order_by("pk")[0]
    session = drive.entry.session
    Claim.objects.filter(pk=claim.pk).update(how="code", evidence={"session": session.pk})
    page = client.get(f"{QUEUE}{claim.pk}/change/").content.decode()
    for account in (ann, owner):
        assert f'<a href="/admin/users/user/{account.pk}/change/">{account}</a>' in page
    assert f'a code in the name, in <a href="/admin/sim/event/{session.event_id}/change/">' in page
    assert "{&#x27;session" not in page
    Claim.objects.filter(pk=claim.pk).update(evidence={"session": "<b>", "odd": "<i>"})
    page = client.get(f"{QUEUE}{claim.pk}/change/").content.decode()
    assert "odd: &lt;i&gt;; a code in the name, in a session that is gone" in page
