"""The button by which a member follows a driver or a league, for the pages of other rooms."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from simlane.sim.models import League, SimProfile
from simlane.users.following import is_followed
from simlane.users.views.following import address

register = template.Library()


@register.inclusion_tag("users/_follow.html", takes_context=True)
def follow_button(context: Context, of: SimProfile | League) -> dict[str, Any]:
    """Nothing on one's own profile, and on one that is private; a visitor is asked to sign in."""
    user = context["request"].user
    if isinstance(of, SimProfile):
        name = of.public_name
        is_offered = of.is_public and (of.linked_user_id is None or of.linked_user_id != user.pk)
    else:
        name, is_offered = of.name, True
    if not is_offered:
        return {}
    return {
        "address": address(of),
        "name": name,
        "is_visitor": not user.is_authenticated,
        "followed": user.is_authenticated and is_followed(user, of),
    }
