"""Accounts, for staff."""

from typing import Any

import allauth.socialaccount.admin
import allauth.socialaccount.providers.openid.admin  # noqa: F401 - registered there, taken back here
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.socialaccount.providers.openid.models import OpenIDNonce, OpenIDStore
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from simlane.users.account_deletion import delete_account, is_only_superuser
from simlane.users.account_names import taking_names
from simlane.users.models import User

# Keys come from the environment and tokens are not kept: no pages for staff that suggest otherwise.
admin.site.unregister([SocialApp, SocialToken, OpenIDNonce, OpenIDStore])


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Django's; an account that staff delete goes as if its owner had deleted it."""

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Adding and changing: what staff name an account is taken by nobody else meanwhile."""
        if request.method != "POST":
            return super().changeform_view(request, *args, **options)
        with taking_names():
            return super().changeform_view(request, *args, **options)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and is_only_superuser(obj))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        delete_account(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            if not is_only_superuser(user):
                delete_account(user)
