"""Addresses of the public pages."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from simlane.profiles.views import browse, detail, driver, events


class IdentifierConverter(StringConverter):
    """An identifier from the old model may hold any character, even a slash or a line break."""

    regex = r"[\s\S]+"


register_converter(IdentifierConverter, "identifier")

app_name = "profiles"

urlpatterns = [
    path("", browse.home, name="home"),
    path("profiles/", browse.browse, name="browse"),
    # Before the simulators: "search" is no simulator's slug.
    path("profiles/search/", browse.search_page, name="search"),
    path("profiles/<slug:slug>/", browse.simulator_page, name="simulator"),
    path("profiles/<slug:slug>/<identifier:identifier>/", detail.detail, name="detail"),
    path("drivers/<identifier:username>/", driver.driver, name="driver"),
    path("events/", events.events, name="events"),
    path("events/<int:event_id>/", events.event, name="event"),
]
