"""One notification as an e-mail: text and HTML, absolute links, and a way out that needs no sign-in (RFC 8058)."""

from __future__ import annotations

from email.utils import parseaddr

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.signing import BadSignature, Signer
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac

from simlane.users.models import Notification, User
from simlane.users.notifications.groups import BY_NAME, Group, group_of
from simlane.users.notifications.texts import text
from simlane.users.notifications.wording import Text

SALT = "simlane.users.unsubscribe"


def address(user: User) -> str:
    """Where the account's e-mails go; empty when nowhere: an address that nobody confirmed may be a stranger's."""
    if not user.is_active:
        return ""
    confirmed = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk")
    return confirmed.values_list("email", flat=True).first() or ""


def mail(notification: Notification, to: str, words: Text | None = None) -> EmailMultiAlternatives:
    """The message to one address, with `words` for several rows. A repeated one has the same Message-ID."""
    words = words or text(notification)
    group = group_of(notification.kind)
    unsubscribe = absolute(reverse("users:unsubscribe", args=[token(notification.user_id, group)]))
    context = {
        "text": words,
        "group": group,
        "user": notification.user,
        "site": absolute("/"),
        "link": absolute(words.link.path),
        "items": [(each, absolute(each.link.path)) for each in words.items],
        "further": absolute(words.further.path) if words.further else "",
        "unsubscribe": unsubscribe,
        "preferences": absolute(reverse("users:notification_preferences")),
    }
    message = EmailMultiAlternatives(
        subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{words.title}",
        body=render_to_string("users/mail/notification.txt", context),
        to=[to],
        headers={
            "Message-ID": _message_id(notification),
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            # No "I am on holiday" comes back.
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string("users/mail/notification.html", context), "text/html")
    return message


def absolute(path: str) -> str:
    """A path on this site as an address: a job has no request to ask for the site's name."""
    return f"{settings.SITE_URL}{path}"


def token(account: int, group: Group) -> str:
    """The signed token of an unsubscribe address. It never expires: a mail may be read years later."""
    return Signer(salt=SALT).sign(f"{account}-{group.name}")


def read_token(value: str) -> tuple[int, Group] | None:
    """The account and the group it was made for; None for one that we did not make."""
    try:
        account, _, group = Signer(salt=SALT).unsign(value).partition("-")
    except BadSignature:
        return None
    return (int(account), BY_NAME[group]) if group in BY_NAME else None


def _message_id(notification: Notification) -> str:
    secret = salted_hmac("simlane.users.message_id", str(notification.pk), algorithm="sha256").hexdigest()[:32]
    return f"<{secret}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition('@')[2] or 'localhost'}>"
