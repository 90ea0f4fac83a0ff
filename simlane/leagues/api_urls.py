"""Addresses for programs."""

from django.urls import path

from simlane.leagues.views import api

app_name = "api"

urlpatterns = [
    path("results", api.results, name="results"),
    path("results/<uuid:upload_id>", api.outcome, name="outcome"),
]
