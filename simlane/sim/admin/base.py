"""The base of the admin pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser as User

admin.site.site_header = "SimLane"
admin.site.site_title = "SimLane staff"
admin.site.index_title = "Staff"


def staff(request: HttpRequest) -> User:
    """The signed-in user; the admin has checked that there is one."""
    return cast("User", request.user)


class ReadOnly(ModelAdmin):
    """Rows that come from results or the upgrade: staff look, and act through actions."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [each.name for each in self.opts.fields]
