"""Profiles in the admin. Links change by the same rules as everywhere; results are not edited by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from simlane.sim.admin.base import ReadOnly, ReadOnlyInline, staff
from simlane.sim.models import HistoryEntry, ProfileName, SimProfile
from simlane.sim.ownership import linking, proof
from simlane.sim.search.query import MAX_LENGTH, search, typed

SHOWN = 50


class LinkFilter(admin.SimpleListFilter):
    """Whose a profile is."""

    title = "link"
    parameter_name = "link"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [("none", "Nobody's"), ("unverified", "Linked, not verified"), ("verified", "Verified")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        conditions: dict[str | None, dict[str, bool]] = {
            "none": {"linked_user__isnull": True},
            "unverified": {"linked_user__isnull": False, "is_verified": False},
            "verified": {"is_verified": True},
        }
        return queryset.filter(**conditions.get(self.value(), {}))


class NameInline(ReadOnlyInline):
    model = ProfileName
    fields = readonly_fields = ("name", "last_used_at")
    verbose_name_plural = "names raced under"


@admin.register(SimProfile)
class SimProfileAdmin(ReadOnly):
    """Profiles and their links."""

    list_display = ("profile_name", "simulator", "profile_identifier", "linked_user", "is_verified", "is_public",
                    "linked_at", "last_active_at", "starts")  # fmt: skip
    list_select_related = ("simulator", "linked_user")
    list_filter = (LinkFilter, "is_public", "simulator")
    ordering = ("-last_active_at", "-id")
    # The search is the site's own; a field must be named for the box to appear.
    search_fields = ("profile_identifier",)
    search_help_text = "Name, former name, platform id, or the account of a verified link"
    inlines = (NameInline,)
    actions = ("unlink", "verify", "make_public", "merge")
    change_form_template = "sim/admin/profile.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Through the site's indexes, not by reading every row."""
        query = typed(search_term)[:MAX_LENGTH]
        if not query:
            return queryset, False
        hits = search(SimProfile.objects.all(), query).hits
        return queryset.filter(pk__in=[hit.profile.pk for hit in hits]), False

    @admin.action(description="Unlink from the account", permissions=["change"])
    def unlink(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.message_user(
            request, f"{proof.staff_unlink(_plain(queryset), by=staff(request))} unlinked.", messages.SUCCESS
        )

    @admin.action(description="Mark the link as verified", permissions=["change"])
    def verify(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        changed = proof.confirm(_plain(queryset), by=staff(request))
        self.message_user(request, f"{changed} verified; profiles of nobody stay as they are.", messages.SUCCESS)

    @admin.action(description="Make public", permissions=["change"])
    def make_public(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.message_user(
            request, f"{linking.show(_plain(queryset), by=staff(request))} made public.", messages.SUCCESS
        )

    @admin.action(description="Merge two profiles", permissions=["change"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase:
        """Goes on with a page that asks which one stays."""
        keys = queryset.order_by().values_list("pk", flat=True)[:3]
        if len(keys) != 2:
            self.message_user(request, "Choose exactly two profiles to merge.", messages.ERROR)
            return redirect("admin:sim_simprofile_changelist")
        query = urlencode([("profile", key) for key in keys])
        return redirect(f"{reverse('admin:sim_merge_confirm')}?{query}")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """Adds the history of the profile and of the profiles merged into it."""
        profile = options.get("obj")
        context["history"] = HistoryEntry.objects.of(profile)[:SHOWN] if profile else []
        return super().render_change_form(request, context, *args, **options)


def _plain(queryset: QuerySet[Any]) -> QuerySet[SimProfile]:
    """The chosen rows without the list's joins, which an UPDATE cannot carry."""
    return SimProfile.objects.filter(pk__in=queryset.order_by().values("pk"))
