"""Signing in: allauth's view, and the status that says why somebody is kept out."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpResponse


class SignIn(LoginView):
    """After too many wrong passwords the form's message comes as 429, for programs to see."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, "too_many_login_attempts"):
            response.status_code = 429
        return response
