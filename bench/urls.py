"""SimLane's addresses, and the references they are measured beside."""

from django.urls import include, path

from bench import references
from simlane.config.urls import handler400, handler500

# Django takes them from here.
__all__ = ["handler400", "handler500"]

urlpatterns = [
    path("reference/constant/", references.constant),
    path("reference/browse/", references.plan_browse),
    path("reference/search/", references.plan_search),
    path("", include("simlane.config.urls")),
]
