"""Addresses of the public pages."""

from django.urls import path

from simlane.profiles.views import browse, detail, events

app_name = "profiles"

urlpatterns = [
    path("", browse.home, name="home"),
    path("profiles/", browse.browse, name="browse"),
    # Before the simulators: "search" is no simulator's slug.
    path("profiles/search/", browse.search_page, name="search"),
    path("profiles/<slug:slug>/", browse.simulator_page, name="simulator"),
    # path, not str: an identifier from the old model may hold a slash.
    path("profiles/<slug:slug>/<path:identifier>/", detail.detail, name="detail"),
    path("events/", events.events, name="events"),
    path("events/<int:event_id>/", events.event, name="event"),
]
