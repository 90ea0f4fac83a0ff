"""For templates: which platforms members can sign in at and prove by."""

from __future__ import annotations

from django import template
from django.conf import settings

from simlane.sim.models import SimProfile
from simlane.users.platforms import proof

register = template.Library()


@register.simple_tag
def platforms_that_prove(profile: SimProfile) -> list[proof.ProofProvider]:
    """The providers that can prove this profile, set up here or not."""
    return proof.that_prove(profile)


@register.simple_tag
def platforms_to_prove_at() -> list[proof.ProofProvider]:
    """The platforms that are set up here and can prove something."""
    return proof.available()


@register.simple_tag
def platforms_to_sign_in_at() -> bool:
    """Whether any platform is set up here."""
    return bool(settings.SOCIALACCOUNT_PROVIDERS)
