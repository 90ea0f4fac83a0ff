"""Addresses of leagues. Slugs that stand here are reserved: see sim.models.leagues and models.seasons."""

from django.urls import path

from simlane.leagues.views import (
    drivers,
    incidents,
    pages,
    people,
    reports,
    season_entries,
    season_points,
    season_rounds,
    season_rules,
    seasons,
    tokens,
    uploads,
)

app_name = "leagues"

urlpatterns = [
    path("", pages.leagues, name="list"),
    path("new/", pages.new, name="new"),
    path("invitations/<str:secret>/", people.invitation, name="invitation"),
    path("reports/<int:event_id>/", reports.report, name="report"),
    path("reports/<int:event_id>/incident/", incidents.incident, name="incident"),
    path("<slug:slug>/", pages.league, name="league"),
    path("<slug:slug>/edit/", pages.edit, name="edit"),
    path("<slug:slug>/drivers/", drivers.drivers, name="drivers"),
    path("<slug:slug>/drivers/<int:driver_id>/", drivers.driver, name="driver"),
    path("<slug:slug>/drivers/<int:driver_id>/answer/", drivers.answer, name="driver_answer"),
    path("<slug:slug>/people/", people.members, name="people"),
    path("<slug:slug>/people/leave/", people.leave, name="leave"),
    path("<slug:slug>/people/<int:membership_id>/", people.change, name="person"),
    path("<slug:slug>/people/invitations/<int:invitation_id>/revoke/", people.revoke, name="invitation_revoke"),
    path("<slug:slug>/upload/", uploads.upload, name="upload"),
    path("<slug:slug>/upload/<uuid:upload_id>/", uploads.progress, name="upload_progress"),
    path("<slug:slug>/upload/<uuid:upload_id>/import/", uploads.import_previewed, name="upload_import"),
    path("<slug:slug>/reports/", reports.league_reports, name="reports"),
    path("<slug:slug>/reports/<int:report_id>/answer/", reports.answer, name="report_answer"),
    path("<slug:slug>/stewards/", incidents.stewards, name="stewards"),
    path("<slug:slug>/stewards/<int:incident_id>/answer/", incidents.answer, name="incident_answer"),
    path("<slug:slug>/tokens/", tokens.token_list, name="tokens"),
    path("<slug:slug>/tokens/<int:token_id>/revoke/", tokens.revoke, name="token_revoke"),
    path("<slug:slug>/seasons/new/", season_rules.new, name="season_new"),
    # Last: what stands above is no season's slug, see models.seasons.
    path("<slug:slug>/<slug:season>/", seasons.season, name="season"),
    path("<slug:slug>/<slug:season>/calendar.ics", seasons.ics, name="season_ics"),
    path("<slug:slug>/<slug:season>/edit/", season_rules.edit, name="season_edit"),
    path("<slug:slug>/<slug:season>/rounds/", season_rounds.round_list, name="season_rounds"),
    path("<slug:slug>/<slug:season>/rounds/<int:round_id>/", season_rounds.one_round, name="season_round"),
    path("<slug:slug>/<slug:season>/rounds/table/", season_entries.rounds, name="season_calendar"),
    path("<slug:slug>/<slug:season>/points/", season_points.table_list, name="season_points"),
    path("<slug:slug>/<slug:season>/points/<int:table_id>/", season_points.one_table, name="season_table"),
    path("<slug:slug>/<slug:season>/entries/", season_entries.entries, name="season_entries"),
    path("<slug:slug>/<slug:season>/entries/fill/", season_entries.fill, name="season_fill"),
    path("<slug:slug>/<slug:season>/classes/<int:class_id>/", season_entries.season_class, name="season_class"),
    path(
        "<slug:slug>/<slug:season>/entries.csv",
        season_entries.download,
        {"sheet": "entries"},
        name="season_entries_csv",
    ),
    path(
        "<slug:slug>/<slug:season>/rounds.csv", season_entries.download, {"sheet": "rounds"}, name="season_rounds_csv"
    ),
]
