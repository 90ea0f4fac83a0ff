"""What the staff's pages show: accounts as links, evidence in words, and what waits for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join

from simlane.sim.models import Claim, Event, Session, SimProfile

register = template.Library()


@register.filter
def linked_account(account: AbstractBaseUser | None, nobody: str = "nobody") -> str:
    """The account's name, linked to its page in the admin."""
    if account is None:
        return nobody
    return format_html('<a href="{}">{}</a>', _page(get_user_model(), account.pk), account)


@register.filter
def evidence_in_words(evidence: Any) -> str:
    """What a proof, a decision or a merge rests on, as `sim.ownership.history.change` was told."""
    if not isinstance(evidence, dict):
        return ""
    said = [_WORDS[key](value) if key in _WORDS else f"{key}: {value}" for key, value in sorted(evidence.items())]
    return format_html_join("; ", "{}", ((each,) for each in said))


@register.inclusion_tag("sim/admin/_waiting.html", takes_context=True)
def waiting_for_staff(context: dict[str, Any]) -> dict[str, Any]:
    """The number of open claims, for who may see them."""
    may_look = context["user"].has_perm("sim.view_claim") or context["user"].has_perm("sim.change_claim")
    return {"claims": Claim.objects.filter(state=Claim.State.OPEN).count() if may_look else None}


def _page(model: Any, key: object) -> str:
    return reverse(admin_urlname(model._meta, "change"), args=[key])  # type: ignore[arg-type]


def _linked(text: str, model: Any, key: object) -> str:
    try:
        return format_html('<a href="{}">{}</a>', _page(model, key), text)
    except NoReverseMatch:
        return text


def _session(key: object) -> str:
    session = Session.objects.select_related("event").filter(pk=key).first() if isinstance(key, int) else None
    if session is None:
        return "a code in the name, in a session that is gone"
    where = _linked(f"{session.event}, {session.name}", Event, session.event_id)
    return format_html("a code in the name, in {}", where)


_WORDS: dict[str, Callable[[object], str]] = {
    "session": _session,
    "identifier": lambda value: f"the platform says: id {value}",
    "claim": lambda key: _linked("the claim", Claim, key),
    "into": lambda key: _linked("merged into another profile", SimProfile, key),
    "merged": lambda key: _linked("merged with another profile", SimProfile, key),
    "of": lambda key: _linked("taken out of another profile", SimProfile, key),
}
