"""What the pages are measured beside: a view that does nothing, and the plan's own queries as it wrote them."""

from __future__ import annotations

import warnings

from django.core.paginator import Paginator, UnorderedObjectListWarning
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from simlane.sim.models import SimProfile

# The plan pages through rows without an order.
warnings.simplefilter("ignore", UnorderedObjectListWarning)


def constant(request: HttpRequest) -> HttpResponse:
    return HttpResponse("constant")


def plan_browse(request: HttpRequest) -> HttpResponse:
    profiles = SimProfile.objects.filter(is_public=True).select_related("simulator", "linked_user")
    return _page(request, profiles)


def plan_search(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "")
    profiles = SimProfile.objects.filter(is_public=True).filter(
        Q(profile_name__icontains=query)
        | Q(linked_user__username__icontains=query)
        | Q(linked_user__first_name__icontains=query)
        | Q(linked_user__last_name__icontains=query)
    )
    return _page(request, profiles)


def _page(request: HttpRequest, profiles) -> HttpResponse:
    page = Paginator(profiles, 24).get_page(request.GET.get("page"))
    return HttpResponse("\n".join(profile.profile_name for profile in page))
