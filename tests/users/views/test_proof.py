"""Proving a profile by a code or through the staff: what the pages do, and what they refuse."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from simlane.sim.models import Claim, ClaimImage, OwnershipCode, SimProfile, Simulator
from simlane.sim.ownership import claims
from simlane.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]
WHY = "I have driven under this name since 2019, see the picture."
MY_PROFILES = "/users/profile/sim-profiles/"


@pytest.fixture
def member(client: Client) -> User:
    user = User.objects.create_user("member", "member@example.org")
    client.force_login(user)
    return user


@pytest.fixture
def mine(alice: SimProfile, member: User) -> SimProfile:
    alice.link_to_user(member)
    return alice


def said(response: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]  # type: ignore[attr-defined]


def at(name: str, profile: SimProfile) -> str:
    return reverse(f"users:profile_sim_profile_{name}", args=[profile.pk])


def picture(size: tuple[int, int] = (40, 30), form: str = "JPEG", **saving: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, form, **saving)
    return file.getvalue()


def upload(data: bytes, name: str = "me.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="image/jpeg")


def test_a_code_is_shown_until_another_is_asked_for(client: Client, mine: SimProfile, member: User) -> None:
    assert "SL-" not in client.get(at("verify", mine)).content.decode()
    response = client.post(at("code", mine))
    assert response["Location"] == at("verify", mine)
    first = OwnershipCode.objects.get(user=member, profile=mine)
    assert first.code in client.get(at("verify", mine)).content.decode()
    client.post(at("code", mine))
    page = client.get(at("verify", mine)).content.decode()
    assert first.code not in page
    assert OwnershipCode.objects.get().code in page
    OwnershipCode.objects.update(expires_at=timezone.now())
    assert "SL-" not in client.get(at("verify", mine)).content.decode()


def test_a_code_needs_ones_own_unproved_link(client: Client, alice: SimProfile, member: User, owner: User) -> None:
    assert said(client.post(at("code", alice))) == ["This profile is not linked to your account."]
    alice.link_to_user(member, verified=True)
    response = client.post(at("code", alice))
    assert "verified already" in said(response)[-1]
    assert client.get(at("code", alice)).status_code == 405
    assert not OwnershipCode.objects.exists()


def test_codes_are_limited(client: Client, mine: SimProfile) -> None:
    answers = [client.post(at("code", mine)) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [302] * 10 + [429]
    assert "too often" in answers[-1].content.decode()


def test_a_claim_goes_to_the_staff(client: Client, alice: SimProfile, member: User) -> None:
    form = {"message": WHY, "pictures": [upload(picture()), upload(picture((3000, 2000), "PNG"), "two.png")]}
    response = client.post(at("claim", alice), form)
    assert response["Location"] == at("claim", alice)
    claim = Claim.objects.get()
    assert (claim.claimant, claim.profile, claim.message, claim.disputed) == (member, alice, WHY, False)
    assert list(claim.images.order_by("pk").values_list("width", "height")) == [(40, 30), (1600, 1067)]
    page = client.get(at("claim", alice)).content.decode()
    assert WHY in page
    assert "Take the claim back" in page
    listed = client.get(MY_PROFILES).content.decode()
    assert "With the staff" in listed
    assert claims.WAITING in said(client.post(at("claim", alice), {"message": WHY}))


def test_nothing_but_the_pixels_is_kept(client: Client, alice: SimProfile, member: User) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of somebody"
    exif.get_ifd(0x8825)[1] = "N"
    client.post(at("claim", alice), {"message": WHY, "pictures": [upload(picture(exif=exif))]})
    kept = bytes(ClaimImage.objects.get().picture)
    assert b"Camera of somebody" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert image.format == "WEBP"
        assert not image.getexif()


def _bomb() -> bytes:
    """A PNG that says it is 50,000 by 50,000 pixels."""
    good = picture(form="PNG")
    return good[:16] + (50_000).to_bytes(4) + (50_000).to_bytes(4) + good[24:]


def _damaged() -> bytes:
    """A JPEG whose place has a type that its camera never wrote, and that is to be turned."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    good = picture(exif=exif)
    damaged = good.replace(b"\0\1\0\2\0\0\0\2N", b"\0\1\0\3\0\0\0\2N")
    assert damaged != good
    return damaged


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([b"not a picture at all"], "not a picture we can read"),
        ([b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"], "not a picture we can read"),
        ([picture((400, 300))[:2000]], "not a picture we can read"),
        ([_bomb()], "picture"),
        ([picture() + b"\0" * 6_000_000], "too big"),
        ([picture()] * 4, "at most 3 pictures"),
        ([picture(form="GIF")], "not a picture we can read"),
        ([b""], "empty"),
        ([_damaged()], "not a picture we can read"),
    ],
    ids=["text", "svg", "cut", "bomb", "6 MB", "four", "gif", "empty", "damaged"],
)
def test_what_is_no_picture_keeps_nothing(
    client: Client, alice: SimProfile, member: User, files: list[bytes], says: str
) -> None:
    response = client.post(at("claim", alice), {"message": WHY, "pictures": [upload(each) for each in files]})
    assert response.status_code == 422
    page = response.content.decode()
    assert says in page or "not a picture we can read" in page
    # What was written is not lost.
    assert WHY in page
    assert not Claim.objects.exists()


def test_a_body_beyond_all_bounds_is_refused_before_it_is_read(client: Client, alice: SimProfile, member: User) -> None:
    response = client.post(at("claim", alice), {"message": WHY, "pictures": [upload(b"\0" * 17_000_000)]})
    assert response.status_code == 400
    assert "16 MB in all" in response.content.decode()
    assert not Claim.objects.exists()


@pytest.mark.parametrize("message", ["", "Mine.", "x" * 2001])
def test_a_claim_needs_words(client: Client, alice: SimProfile, member: User, message: str) -> None:
    assert client.post(at("claim", alice), {"message": message}).status_code == 422
    assert not Claim.objects.exists()


def test_claims_are_limited(client: Client, member: User) -> None:
    simulator = Simulator.objects.get(slug="iracing")
    rows = SimProfile.objects.bulk_create(
        SimProfile(simulator=simulator, profile_name="P", profile_identifier=f"{n}") for n in range(1, 8)
    )
    codes = [client.post(at("claim", each), {"message": WHY}).status_code for each in rows]
    assert codes == [302] * 5 + [429] * 2
    assert Claim.objects.count() == 5


def test_a_claim_is_its_claimants_only(client: Client, alice: SimProfile, member: User, owner: User) -> None:
    claim = claims.submit(alice, owner, "It is mine, and a secret besides.")
    assert "a secret besides" not in client.get(at("claim", alice)).content.decode()
    assert client.post(reverse("users:claim_withdraw", args=[claim.pk])).status_code == 404
    assert client.get(reverse("users:claim_withdraw", args=[claim.pk])).status_code == 405
    client.force_login(owner)
    assert client.post(reverse("users:claim_withdraw", args=[claim.pk]))["Location"] == MY_PROFILES
    claim.refresh_from_db()
    assert claim.state == "withdrawn"
    assert "decided or withdrawn" in said(client.post(reverse("users:claim_withdraw", args=[claim.pk])))[-1]


def test_a_hidden_profile_cannot_be_claimed(client: Client, private: SimProfile, member: User) -> None:
    for response in (client.get(at("claim", private)), client.post(at("claim", private), {"message": WHY})):
        assert response.status_code == 404
    assert not Claim.objects.exists()


def test_a_claim_on_what_is_hidden_since_tells_nothing_of_it_but_can_be_taken_back(
    client: Client, alice: SimProfile, member: User, owner: User
) -> None:
    claim = claims.submit(alice, member, WHY)
    SimProfile.objects.filter(pk=alice.pk).update(linked_user=owner, linked_at=timezone.now(), is_verified=True)
    alice.set_visibility(owner, public=False)
    page = client.get(MY_PROFILES).content.decode()
    assert "A profile that its owner has hidden since" in page
    assert alice.profile_name not in page
    assert str(alice.pk) not in page
    withdraw = reverse("users:claim_withdraw", args=[claim.pk])
    assert withdraw in page
    assert client.post(withdraw)["Location"] == MY_PROFILES
    assert "With the staff" not in client.get(MY_PROFILES).content.decode()


def test_a_link_whose_claim_is_open_shows_no_day_on_which_it_lapses(client: Client, mine: SimProfile) -> None:
    pages = (MY_PROFILES, at("verify", mine))
    assert all(" lapses " in client.get(each).content.decode() for each in pages)
    claims.submit(mine, mine.linked_user, WHY)
    for each in pages:
        assert "unless you verify it" not in client.get(each).content.decode()
        assert "The link lapses on" not in client.get(each).content.decode()


def test_forms_of_claims_are_limited_whatever_they_hold(client: Client, alice: SimProfile, member: User) -> None:
    codes = {client.post(at("claim", alice), {"message": ""}).status_code for _ in range(20)}
    assert codes == {422}
    assert client.post(at("claim", alice), {"message": ""}).status_code == 429


def test_the_decision_and_its_reason_are_shown(
    client: Client, alice: SimProfile, member: User, admin_user: User
) -> None:
    claim = claims.submit(alice, member, WHY)
    claims.refuse(claim, by=admin_user, reason="The picture shows another id.")
    page = client.get(at("claim", alice)).content.decode()
    assert "The picture shows another id." in page
    # Another try is possible.
    assert "Send to the staff" in page


def test_the_history_tells_an_owner_no_other_name(client: Client, mine: SimProfile, member: User) -> None:
    mine.unlink_from_user()
    other = User.objects.create_user("somebody-else-entirely")
    mine.link_to_user(other)
    mine.unlink_from_user()
    mine.link_to_user(member, verified=True)
    page = client.get(at("manage", mine)).content.decode()
    assert "Linked to your account and verified, by you." in page
    assert "Linked to another account, by its owner then." in page
    assert "Unlinked from another account" in page
    assert other.username not in page


@pytest.mark.parametrize("count", [1, 12])
def test_my_profiles_cost_the_same_however_many(
    client: Client, member: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    simulators = list(Simulator.objects.all())
    for number in range(count):
        linked, claimed = (
            SimProfile.objects.create(
                simulator=simulators[number % len(simulators)], profile_name="P", profile_identifier=f"{kind}{number}"
            )
            for kind in ("linked", "claimed")
        )
        linked.link_to_user(member)
        claims.submit(claimed, member, WHY)
    SimProfile.objects.filter(linked_user=member).update(linked_at=timezone.now() - timedelta(days=11))
    client.get(MY_PROFILES)
    # The session and the member, the bell, the profiles, the claims; and the site's flag while nobody asked for it.
    with django_assert_max_num_queries(5):
        page = client.get(MY_PROFILES).content.decode()
    assert page.count("unless you verify it") == count
    assert page.count("/claim/") == count


def test_a_code_is_offered_only_where_results_come_in(client: Client, mine: SimProfile) -> None:
    assert "Show me a code" in client.get(at("verify", mine)).content.decode()
    SimProfile.objects.filter(pk=mine.pk).update(simulator=Simulator.objects.get(slug="rfactor-2"))
    assert "Show me a code" not in client.get(at("verify", mine)).content.decode()
