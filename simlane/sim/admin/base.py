"""The base of the admin pages."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.db.models import Model
from django.forms import MediaDefiningClass
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

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


class ReadOnlyInline(admin.TabularInline):
    """Rows below the one they belong to, to look at."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class _AbstractAdmin(ABCMeta, MediaDefiningClass):
    """Both metaclasses."""


class OwnPage(ReadOnly, metaclass=_AbstractAdmin):
    """Rows with a page of their own, `change_form_template`, that shows what a decision needs and saves nothing."""

    @abstractmethod
    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page shows beside the admin's own context."""

    def refused(self, request: HttpRequest) -> HttpResponse:
        """The answer to who may not see the row."""
        raise Http404("no such row")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST":
            return redirect(request.path)
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404("no such row")
        if not self.has_view_permission(request, row):
            return self.refused(request)
        context = {**self.admin_site.each_context(request), "opts": self.opts, **self.page(request, row)}
        return TemplateResponse(request, cast("str", self.change_form_template), context)
