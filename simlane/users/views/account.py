"""Signing in, and the account's own names."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView, SignupView
from allauth.socialaccount.views import SignupView as SocialSignupView
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from simlane.users.account_names import taking_names
from simlane.users.forms import GeneralForm
from simlane.users.models import User
from simlane.users.views.access import member, member_page
from simlane.web.listing import show


class SignIn(LoginView):
    """After too many wrong passwords the form's message comes as 429, for programs to see."""

    def form_invalid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, "too_many_login_attempts"):
            response.status_code = 429
        return response


class OneAtATime:
    """A second press of the button, or another's at the same moment, finds the name or address taken."""

    def form_valid(self, form: Any) -> HttpResponse:
        if password := form.cleaned_data.get("password1"):
            # A third of a second, during which nobody must wait for the lock.
            form.hashed_password = make_password(password)
        with taking_names():
            # Again: it was valid before the lock.
            form.full_clean()
            if form.is_valid():
                response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
                return response
        refused: HttpResponse = self.form_invalid(form)  # type: ignore[attr-defined]
        return refused


class SignUp(OneAtATime, SignupView):
    """A new account with a password."""


class PlatformSignUp(OneAtATime, SocialSignupView):
    """A new account by signing in at a platform."""


@member_page("POST")
def general(request: HttpRequest) -> HttpResponse:
    """The account's names."""
    # A copy: an unusable name must not stand in the page's head.
    form = GeneralForm(request.POST or None, instance=User.objects.get(pk=member(request).pk))
    if request.method == "POST":
        with taking_names():
            if saved := form.is_valid():
                form.save()
        if saved:
            messages.success(request, "Saved.")
            return redirect("users:profile")
    return show(request, "users/general.html", {"active_section": "general", "form": form})
