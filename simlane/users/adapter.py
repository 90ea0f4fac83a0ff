"""SimLane's adapter of django-allauth's account pages."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from simlane.users import mail_retry
from simlane.users.account_names import check_username
from simlane.users.models import User
from simlane.users.notifications import mail_thread


class AccountAdapter(DefaultAccountAdapter):
    """allauth's own, except that no request waits for a mail server."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whose limits count. A forwarded header that names no address is left out."""
        try:
            return super().get_client_ip(request)
        except PermissionDenied:
            return str(request.META.get("REMOTE_ADDR") or "unknown")

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """As allauth cleans it, and by the rules of every account's name."""
        cleaned: str = super().clean_username(username, shallow)
        if not shallow:
            check_username(User(username=cleaned))
        return cleaned

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """As allauth saves it, with the password that the view has hashed: see `OneAtATime`."""
        hashed = getattr(form, "hashed_password", "")
        if hashed:
            form.cleaned_data["password1"] = ""
        saved = super().save_user(request, user, form, commit=commit and not hashed)
        if hashed:
            saved.password = hashed
            saved.save()
        return saved

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail soon. Its links begin with the site's address, whatever name the visitor used."""
        request = allauth_context.request
        site = SimpleNamespace(name=urlsplit(settings.SITE_URL).hostname, domain=urlsplit(settings.SITE_URL).netloc)
        about = {"request": request, "email": email, "current_site": site}
        mail_retry.send(self.render_mail(template_prefix, email, about | _with_site_url(request, context)))
        mail_thread.send_soon()


def _with_site_url(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    own = re.compile(rf"https?://{re.escape(request.get_host())}(?=/)")
    return {
        name: own.sub(settings.SITE_URL, value, count=1) if isinstance(value, str) and own.match(value) else value
        for name, value in context.items()
    }
