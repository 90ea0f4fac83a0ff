"""SimLane's adapter of django-allauth's account pages."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.contrib.sites.shortcuts import get_current_site
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from simlane.users import mail_retry


class AccountAdapter(DefaultAccountAdapter):
    """allauth's own, except that a mail server that is down fails no request."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whose limits count. A forwarded header that names no address is left out."""
        try:
            return super().get_client_ip(request)
        except PermissionDenied:
            return str(request.META.get("REMOTE_ADDR") or "unknown")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail, now or later."""
        request = allauth_context.request
        about = {"request": request, "email": email, "current_site": get_current_site(request)}
        mail_retry.send(self.render_mail(template_prefix, email, about | context))
