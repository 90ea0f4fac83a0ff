"""Addresses of the public pages."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from simlane.profiles.views import (
    browse,
    cars,
    compare,
    detail,
    driver,
    entry,
    events,
    laps,
    leaderboards,
    provenance,
    ruling,
    tracks,
)
from simlane.web.slugs import WordsConverter


class IdentifierConverter(StringConverter):
    """An identifier from the old model may hold any character, even a slash or a line break."""

    regex = r"[\s\S]+"


register_converter(IdentifierConverter, "identifier")
register_converter(WordsConverter, "words")

app_name = "profiles"

urlpatterns = [
    path("", browse.home, name="home"),
    path("profiles/", browse.browse, name="browse"),
    # Before the simulators, none of which has such a slug: RESERVED_SLUGS of the domain.
    path("profiles/search/", browse.search_page, name="search"),
    path("profiles/compare/", compare.compare_page, name="compare"),
    path("profiles/<slug:slug>/", browse.simulator_page, name="simulator"),
    path("profiles/<slug:slug>/<identifier:identifier>/", detail.detail, name="detail"),
    path("ratings/<slug:slug>/<slug:kind>/<identifier:identifier>/", leaderboards.rating, name="rating"),
    path("leaderboards/", leaderboards.leaderboards, name="leaderboards"),
    path("leaderboards/<slug:slug>/", leaderboards.leaderboard, name="leaderboard"),
    path("drivers/<identifier:username>/", driver.driver, name="driver"),
    path("events/", events.events, name="events"),
    path("events/<int:event_id>-<words:slug>/", events.event, name="event"),
    path("events/<int:event_id>-<words:slug>/sessions/<int:number>/laps/", laps.tables, name="laps"),
    path(
        "events/<int:event_id>-<words:slug>/sessions/<int:number>/<int:line>-<words:words>/", entry.entry, name="entry"
    ),
    path("events/<int:event_id>/sessions/<int:number>/laps.json", laps.data, name="laps_data"),
    # As events were addressed until they had words in it.
    path("events/<int:event_id>/", events.event, name="event_by_number"),
    path("events/<int:event_id>/decide/", provenance.decide, name="decide"),
    path("events/<int:event_id>/rule/", ruling.rule, name="rule"),
    path("events/<int:event_id>/rulings/<int:ruling_id>/", ruling.act, name="ruling"),
    path("tracks/", tracks.tracks, name="tracks"),
    path("tracks/<slug:slug>/", tracks.tracks, name="tracks_of"),
    path("tracks/<slug:slug>/<slug:track>/", tracks.track, name="track"),
    path("tracks/<slug:slug>/<slug:track>/laps/", tracks.laps, name="track_laps"),
    path("cars/", cars.cars, name="cars"),
    path("cars/<slug:slug>/", cars.cars, name="cars_of"),
    path("cars/<slug:slug>/<slug:car>/", cars.car, name="car"),
]
