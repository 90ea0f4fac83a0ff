"""Signing in at Steam, iRacing and Discord, and proving by it whose a profile is.

Two acts share the platforms' protocols, which are django-allauth's (socialaccount) and python3-openid's:

*Signing in* is allauth's own: the platform account is connected to an account here (a SocialAccount).

*Proof* is not. It runs the same protocol from the same addresses, with `process="prove"` in the state that allauth
keeps in the session, and branches off in the callback views as soon as the platform's answer is verified, before
allauth looks for an account: nobody is signed in or out, no SocialAccount is made, read or touched. So the platform
account need not be a way to sign in, and one that is connected to another account can still prove here: the platform
is the authority (simlane.sim.ownership).

A proof belongs to the member who began it: it begins with a POST with a CSRF token, the state is in that member's
session with the member's id, is used once, and counts for ten minutes. The way back is a GET, as both protocols have
it; it changes something only because it brings an assertion that the platform has confirmed for exactly that state:
the signed `return_to` holds it for Steam, and for iRacing the code is worth nothing without the PKCE verifier that is
kept beside it. The session cookie is SameSite=Lax, which comes along on that GET.

Requests go out to the configured endpoints and nowhere else: no OpenID discovery, no redirect followed, ten seconds,
a bounded answer (`http`). No token is kept.
"""

from __future__ import annotations

PROVE = "prove"
