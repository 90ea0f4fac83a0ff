"""SimLane's addresses, and the references they are measured beside."""

from django.urls import include, path

from bench import references

urlpatterns = [
    path("reference/constant/", references.constant),
    path("reference/browse/", references.plan_browse),
    path("reference/search/", references.plan_search),
    path("", include("simlane.config.urls")),
]
