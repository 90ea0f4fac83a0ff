"""Merging two profiles, and undoing it: each asks once more before it acts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from simlane.sim.admin.base import OwnPage, staff
from simlane.sim.errors import Refused
from simlane.sim.models import HistoryEntry, Merge, SimProfile
from simlane.sim.ownership import merging


@admin.register(Merge)
class MergeAdmin(OwnPage):
    """Merges, the newest first."""

    list_display = ("at", "kept", "merged", "simulator", "how", "by", "undone_at")
    list_select_related = ("kept__simulator", "merged", "by")
    list_filter = (("undone_at", admin.EmptyFieldListFilter), "how")
    ordering = ("-pk",)
    change_form_template = "sim/admin/merge.html"

    @admin.display(description="simulator")
    def simulator(self, merge: Any) -> str:
        return str(merge.kept.simulator)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("of/", view(self.confirm), name="sim_merge_confirm"),
            path("<int:merge_id>/undo/", view(require_POST(self.undo)), name="sim_merge_undo"),
        ]
        return [*own, *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """The merge, and the button that undoes it."""
        return {
            "title": f"{row.merged} in {row.kept}",
            "merge": row,
            "drives": row.drives.count(),
            "history": HistoryEntry.objects.of(row.kept)[:50],
            "can_undo": row.undone_at is None and self.has_change_permission(request, row),
        }

    def undo(self, request: HttpRequest, merge_id: int) -> HttpResponse:
        """Makes them two again."""
        merge = get_object_or_404(Merge, pk=merge_id)
        if not self.has_change_permission(request, merge):
            raise Http404("no such merge")
        try:
            merging.undo(merge, by=staff(request))
        except Refused as error:
            messages.error(request, f"{error} Nothing was changed.")
        else:
            messages.success(request, "Undone: both profiles have what each of them raced, and their links.")
        return redirect(reverse("admin:sim_merge_change", args=[merge_id]))

    def confirm(self, request: HttpRequest) -> HttpResponse:
        """Both profiles side by side; a POST merges the other one into the one that is to be kept."""
        if not self.has_change_permission(request):
            raise Http404("no such page")
        chosen = request.POST if request.method == "POST" else request.GET
        keys = [key for each in chosen.getlist("profile")[:2] if (key := _key(each))]
        rows = SimProfile.objects.filter(pk__in=keys).select_related("simulator", "linked_user").order_by("pk")
        profiles = list(rows)
        if len(profiles) != 2:
            messages.error(request, "Choose two profiles of one simulator. Nothing was changed.")
            return redirect("admin:sim_simprofile_changelist")
        if request.method != "POST":
            # The profile with a platform id, or else the longer career, is proposed as the one to keep.
            likely = max(profiles, key=lambda each: (merging.has_platform_id(each), each.starts))
            context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Merge two profiles"}
            return TemplateResponse(
                request, "sim/admin/merge_confirm.html", {**context, "profiles": profiles, "likely": likely.pk}
            )
        kept = _key(request.POST.get("keep", ""))
        merged = [each.pk for each in profiles if each.pk != kept]
        if kept is None or len(merged) != 1:
            messages.error(request, "Say which of the two stays. Nothing was changed.")
            return redirect("admin:sim_simprofile_changelist")
        try:
            merge = merging.merge(kept, merged[0], by=staff(request))
        except Refused as error:
            messages.error(request, f"{error} Nothing was changed.")
            return redirect("admin:sim_simprofile_changelist")
        messages.success(request, "Merged. The old address leads to the kept profile, and this page undoes it.")
        return redirect(reverse("admin:sim_merge_change", args=[merge.pk]))


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
