"""Tokens: made for a league, shown once, kept as a digest, taken back."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from simlane.leagues.access import lock_open, made_by_who_still_may
from simlane.leagues.models import Role, Token
from simlane.leagues.secrets import digest, new_secret
from simlane.sim.errors import Refused
from simlane.sim.models import League
from simlane.users.models import User

#: So that a person, or a program that looks for secrets, knows one when they see it.
PREFIX = "simlane_"
SHOWN = len(PREFIX) + 4
MOST_TOKENS = 20
#: `last_used_at` is no more exact than this: a server that brings in a hundred files writes it once.
EXACT_TO = timedelta(minutes=1)


@transaction.atomic
def make(league: League, by: User, name: str) -> tuple[Token, str]:
    """A new token, and its secret, which is kept nowhere. Raises Refused for one too many."""
    lock_open(league)
    if league.tokens.filter(revoked_at=None).count() >= MOST_TOKENS:
        raise Refused(f"The league has {MOST_TOKENS} tokens already: take back those that nobody uses.")
    secret = f"{PREFIX}{new_secret()}"
    made = Token.objects.create(league=league, name=name, digest=digest(secret), beginning=secret[:SHOWN], made_by=by)
    return made, secret


def revoke(league: League, token: int) -> bool:
    """Takes a token back; whether it was still good."""
    return bool(league.tokens.filter(pk=token, revoked_at=None).update(revoked_at=timezone.now()))


def token_in(header: str, scope: Token.Scope) -> Token | None:
    """The token of an Authorization header, with its league, if it is good and who made it organises the league."""
    kind, _, secret = header.partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        return None
    good = Token.objects.filter(digest=digest(secret.strip()), revoked_at=None, scope=scope)
    return good.filter(made_by_who_still_may(Role.ORGANISER)).select_related("league").first()


def note_use(token: Token) -> None:
    """Keeps when it was used last."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - EXACT_TO)
    Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)
