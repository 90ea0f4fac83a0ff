"""An account to try the site with: made once, told at each start of `make run`, never made elsewhere."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from simlane.sim.models import SimProfile
from simlane.users.models import User

NAME = "demo"
FILE = "demo-sign-in.txt"
#: Drivers of demo/, as (simulator, profile_identifier): one proved, one only linked.
VERIFIED = ("iracing", "9100001")
LINKED = ("assetto-corsa-competizione", "76561190000100001")


class Command(BaseCommand):
    help = f"Make the account {NAME!r}, link two demo profiles to it, and say how to sign in."

    def handle(self, **options: Any) -> None:
        password = kept_password(settings.VAR_DIR / FILE)
        member, made = User.objects.get_or_create(username=NAME, defaults={"email": "demo@example.invalid"})
        if made or not member.check_password(password):
            member.set_password(password)
            member.save(update_fields=["password"])
        if made:
            EmailAddress.objects.create(user=member, email=member.email, primary=True, verified=True)
            # Only with a new account: a profile that its member unlinked stays unlinked.
            link(member, VERIFIED, verified=True)
            link(member, LINKED, verified=False)
        self.stdout.write(f"Sign in at {reverse('account_login')} as {NAME} with the password {password}")


def kept_password(path: Path) -> str:
    """The password in the file; made at random the first time, readable by its owner only."""
    try:
        return path.read_text(encoding="utf-8").split()[-1]
    except (FileNotFoundError, IndexError):
        password = secrets.token_urlsafe(12)
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as new:
            new.write(f"{NAME} {password}\n")
        return password


def link(member: User, driver: tuple[str, str], *, verified: bool) -> None:
    """Link the demo's driver, unless it is not there or somebody has it."""
    simulator, identifier = driver
    profile = SimProfile.objects.filter(simulator__slug=simulator, profile_identifier=identifier).first()
    if profile is not None and profile.can_user_link(member):
        profile.link_to_user(member, verified=verified)
