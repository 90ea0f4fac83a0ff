"""The mail of an invitation: it goes as an account's own mails do, and is kept only while it waits."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from simlane.leagues.models import Invitation
from simlane.leagues.people import invitation_address
from simlane.users import mail_retry
from simlane.users.models import User
from simlane.users.notifications import mail_thread
from simlane.users.notifications.mails import absolute
from simlane.users.notifications.wording import plain


def send(invitation: Invitation, secret: str, by: User) -> None:
    """Sends the link to the invitation's address, soon."""
    context = {
        "invitation": invitation,
        # A name and a league's are of whoever typed them: on one line, and not longer than anybody reads.
        "league": plain(invitation.league.name),
        "by": plain(by.get_username()),
        "link": absolute(invitation_address(secret)),
        "site": absolute("/"),
    }
    message = EmailMultiAlternatives(
        subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}Join {context['league']}",
        body=render_to_string("leagues/mail/invitation.txt", context),
        to=[invitation.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    mail_retry.send(message)
    mail_thread.send_soon()
