"""Proof by platform sign-in: the providers, the ids that each proves, and the messages after it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import requests
from allauth.socialaccount.providers.base.constants import AuthError
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from simlane.sim.errors import Refused
from simlane.sim.identity.identifiers import IdentifierKind, normalise_or_none
from simlane.sim.models import ContestedIdentifier, SimProfile
from simlane.sim.ownership import proof as ownership
from simlane.sim.ownership.history import How

logger = logging.getLogger(__name__)
MINE = "users:profile_sim_profiles"


@dataclass(frozen=True, slots=True)
class ProofProvider:
    """A platform whose sign-in proves ids of `kinds`.

    `id_name` is the platform's word for such an id, `tells` what the platform tells us about the member.
    """

    slug: str
    name: str
    how: How
    kinds: tuple[IdentifierKind, ...]
    id_name: str
    tells: str

    @property
    def is_available(self) -> bool:
        """Whether it is set up here."""
        return self.slug in settings.SOCIALACCOUNT_PROVIDERS

    def proves(self, kind: str, identifier: str) -> bool:
        """Whether signing in here can prove this id: on a console ACC's ids are not Steam's."""
        return kind in self.kinds and normalise_or_none(self.kinds[0], identifier) == identifier


PROOF_PROVIDERS = {
    platform.slug: platform
    for platform in (
        ProofProvider(
            "steam",
            "Steam",
            How.STEAM,
            (IdentifierKind.STEAM, IdentifierKind.ACC),
            "SteamID64",
            "your SteamID64 and nothing else",
        ),
        ProofProvider(
            "iracing",
            "iRacing",
            How.IRACING,
            (IdentifierKind.IRACING,),
            "customer id",
            "your customer id and your name there",
        ),
    )
}


def available() -> list[ProofProvider]:
    """The platforms that are set up here."""
    return [platform for platform in PROOF_PROVIDERS.values() if platform.is_available]


def that_prove(profile: SimProfile) -> list[ProofProvider]:
    """The providers that can prove this profile, set up here or not; its simulator must be loaded."""
    kind = profile.simulator.identifier_kind
    identifier = profile.profile_identifier
    of_kind = [platform for platform in PROOF_PROVIDERS.values() if kind in platform.kinds]
    if of_kind and normalise_or_none(kind, identifier) is None:
        # A row of the old model that claims an id which another row has: proof of that id makes them one.
        claimed = ContestedIdentifier.objects.filter(profile=profile.pk).values_list("identifier", flat=True).first()
        identifier = claimed or identifier
    return [platform for platform in of_kind if platform.proves(kind, identifier)]


def finish(request: HttpRequest, slug: str, identifier: str, state: dict[str, Any]) -> HttpResponse:
    """The platform has confirmed that whoever came back is its `identifier` (canonical): the proof, and the answer.

    Changes nothing unless the member who is signed in is the one who began.
    """
    platform = PROOF_PROVIDERS[slug]
    began = state.get("data") or {}
    if not request.user.is_authenticated:
        messages.error(request, f"Sign in here first, then begin at {platform.name} again. Nothing was changed.")
        return redirect_to_login(reverse(MINE))
    if began.get("member") != request.user.pk:
        messages.error(
            request,
            f"Another account began this proof: you are signed in as {request.user.get_username()} now. "
            "Nothing was changed. Begin again from this account if the profiles are yours.",
        )
        return redirect(MINE)
    try:
        proof = ownership.prove(request.user, platform.kinds, identifier, how=platform.how)
    except Refused as error:
        messages.error(request, f"{error} Nothing was changed.")
        return redirect(MINE)
    _show_outcome(request, platform, identifier, proof, began.get("profile"))
    return redirect(MINE)


def failed(
    request: HttpRequest, slug: str, state: dict[str, Any], *, error: str | None, exception: Exception | None = None
) -> HttpResponse:
    """The platform confirmed nothing: says why, and leads to where the proof began."""
    platform = PROOF_PROVIDERS[slug]
    if error == AuthError.CANCELLED:
        text = f"You cancelled at {platform.name}: nothing was proved and nothing was changed."
    elif isinstance(exception, requests.RequestException) and not isinstance(exception, requests.JSONDecodeError):
        text = f"{platform.name} does not answer as it should. Nothing was changed: try again in a few minutes."
    else:
        text = f"{platform.name} did not confirm who you are. Nothing was changed: begin again."
    if error != AuthError.CANCELLED:
        logger.warning("proof at %s failed: %s", platform.slug, type(exception).__name__ if exception else error)
    messages.error(request, text)
    if not request.user.is_authenticated:
        return redirect_to_login(reverse(MINE))
    profile = _begun_from(request, (state.get("data") or {}).get("profile"))
    return redirect("users:profile_sim_profile_verify", profile.pk) if profile else redirect(MINE)


def _begun_from(request: HttpRequest, profile_id: str | None) -> SimProfile | None:
    if profile_id is None:
        return None
    mine = SimProfile.objects.linked_to(request.user).filter(pk=profile_id)
    return mine.select_related("simulator").defer("profile_data").first()


def _show_outcome(
    request: HttpRequest, platform: ProofProvider, identifier: str, proof: ownership.Proof, profile_id: str | None
) -> None:
    proved = f"{platform.name} has confirmed that you are {platform.id_name} {identifier}."
    if proof.verified:
        messages.success(request, f"{proved} Verified: {_names(proof.verified)}.")
    elif proof.already:
        messages.info(request, f"{proved} You had proved this before: {_names(proof.already)}.")
    else:
        messages.info(
            request,
            f"{proved} No profile has this id yet: it appears with your first imported result. Prove it then.",
        )
    if proof.merged:
        count = len(proof.merged)
        messages.info(
            request,
            "An older profile of yours without the platform's id has become part of it."
            if count == 1
            else f"{count} older profiles of yours without the platform's id have become part of it.",
        )
    begun_from = _begun_from(request, profile_id)
    if begun_from and begun_from.pk not in {profile.pk for profile in (*proof.verified, *proof.already)}:
        messages.error(
            request,
            f"{begun_from.public_name} ({begun_from.simulator.name}) is not proved: its id is "
            f"{begun_from.profile_identifier}, and you signed in as {identifier}.",
        )


def _names(profiles: Iterable[SimProfile]) -> str:
    return ", ".join(sorted(f"{profile.public_name} ({profile.simulator.name})" for profile in profiles))
