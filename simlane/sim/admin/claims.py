"""The staff's queue of claims: read, look at the pictures, accept or refuse with a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from simlane.sim.admin.base import OwnPage, staff
from simlane.sim.errors import Refused
from simlane.sim.models import Claim, ClaimImage, HistoryEntry
from simlane.sim.ownership import claims
from simlane.sim.templatetags.staff import linked_account

SHOWN = 50


class StateFilter(admin.SimpleListFilter):
    """Open ones, unless others are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "All"), *[(value, label) for value, label in Claim.State.choices if value != Claim.State.OPEN]]

    def choices(self, changelist: Any) -> Any:
        found = list(super().choices(changelist))
        return [found[0] | {"display": "Open"}, *found[1:]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or Claim.State.OPEN
        return queryset if chosen == "all" else queryset.filter(state=chosen)


@admin.register(Claim)
class ClaimAdmin(OwnPage):
    """Claims, the oldest first."""

    list_display = ("profile", "simulator", "account", "holder", "disputed", "how", "state", "made_at")
    list_select_related = ("profile__simulator", "profile__linked_user", "claimant")
    list_filter = (StateFilter, "disputed")
    ordering = ("made_at", "pk")
    change_form_template = "sim/admin/claim.html"

    @admin.display(description="simulator")
    def simulator(self, claim: Any) -> str:
        return str(claim.profile.simulator)

    @admin.display(description="claimed by", ordering="claimant")
    def account(self, claim: Any) -> str:
        return linked_account(claim.claimant)

    @admin.display(description="holder now")
    def holder(self, claim: Any) -> str:
        profile = claim.profile
        if profile.linked_user is None:
            return "nobody"
        return format_html(
            "{} ({})", linked_account(profile.linked_user), "verified" if profile.is_verified else "not verified"
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("<int:claim_id>/decide/", view(require_POST(self.decide)), name="sim_claim_decide"),
            path("pictures/<int:picture_id>/", view(require_safe(self.picture)), name="sim_claim_picture"),
        ]
        return [*own, *super().get_urls()]

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Everything that a decision needs."""
        return {
            "title": f"Claim of {row.profile.public_name}",
            "claim": row,
            "holder": self.holder(row),
            "pictures": row.images.defer("picture").order_by("pk"),
            "history": HistoryEntry.objects.of(row.profile)[:SHOWN],
            "others": row.profile.claims.exclude(pk=row.pk).select_related("claimant").order_by("-pk")[:SHOWN],
            "can_decide": row.state == Claim.State.OPEN and self.has_change_permission(request, row),
        }

    def decide(self, request: HttpRequest, claim_id: int) -> HttpResponseBase:
        """Accepts or refuses."""
        claim = get_object_or_404(Claim, pk=claim_id)
        if not self.has_change_permission(request, claim):
            return self.refused(request)
        reason = request.POST.get("reason", "").replace("\0", "")[:2000]
        try:
            if request.POST.get("decision") == "accept":
                claims.accept(claim, by=staff(request), reason=reason)
                messages.success(request, "Accepted: the profile is the claimant's, verified. Both sides are told.")
            elif request.POST.get("decision") == "refuse":
                claims.refuse(claim, by=staff(request), reason=reason)
                messages.success(request, "Refused: nothing was changed, and the claimant is told why.")
            else:
                messages.error(request, "Choose “Accept” or “Refuse”. Nothing was changed.")
        except Refused as error:
            messages.error(request, f"{error} Nothing was changed.")
        return redirect(reverse("admin:sim_claim_change", args=[claim_id]))

    def picture(self, request: HttpRequest, picture_id: int) -> HttpResponseBase:
        """One of the pictures: for staff who may see claims, kept nowhere."""
        if not self.has_view_permission(request):
            raise Http404("no such picture")
        found = get_object_or_404(ClaimImage, pk=picture_id)
        return HttpResponse(bytes(found.picture), content_type="image/webp")

    def refused(self, request: HttpRequest) -> HttpResponse:
        messages.error(request, "You may not do this with claims.")
        return redirect("admin:index")
