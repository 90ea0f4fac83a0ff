"""Addresses of the members' pages; the old model's lead to their successors, and have no names."""

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import path
from django.views.generic import RedirectView

from simlane.users.platforms.views import prove
from simlane.users.views import account, claims, following, links, notifications, personal, proof

app_name = "users"


def moved(name: str) -> Callable[..., HttpResponseBase]:
    return RedirectView.as_view(pattern_name=f"users:{name}", permanent=True, query_string=True)


urlpatterns = [
    path("profile/", account.general, name="profile"),
    path("profile/driver-page/", personal.driver_page, name="driver_page"),
    path("profile/data/", personal.data, name="data"),
    path("profile/delete/", personal.delete, name="delete"),
    path("goodbye/", personal.goodbye, name="goodbye"),
    path("profile/sim-profiles/", links.sim_profiles, name="profile_sim_profiles"),
    path("profile/sim-profiles/search/", links.search_page, name="profile_sim_profile_search"),
    path("profile/sim-profiles/link/<uuid:profile_id>/", links.link, name="profile_sim_profile_link"),
    path("profile/sim-profiles/unlink/<uuid:profile_id>/", links.unlink, name="profile_sim_profile_unlink"),
    path("profile/sim-profiles/verify/<uuid:profile_id>/", proof.verify, name="profile_sim_profile_verify"),
    path("profile/sim-profiles/code/<uuid:profile_id>/", proof.code, name="profile_sim_profile_code"),
    path("profile/sim-profiles/claim/<uuid:profile_id>/", claims.claim, name="profile_sim_profile_claim"),
    path("profile/claims/<int:claim_id>/withdraw/", claims.withdraw, name="claim_withdraw"),
    path("profile/sim-profiles/manage/<uuid:profile_id>/", links.manage, name="profile_sim_profile_manage"),
    path("profile/notifications/", notifications.preferences, name="notification_preferences"),
    path("profile/following/", following.following, name="following"),
    path("follow/profiles/<uuid:profile_id>/", following.follow_profile, name="follow_profile"),
    path("follow/leagues/<slug:slug>/", following.follow_league, name="follow_league"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.read_all, name="notifications_read"),
    path("notifications/<int:notification_id>/read/", notifications.read, name="notification_read"),
    path("notifications/unsubscribe/<str:token>/", notifications.unsubscribe, name="unsubscribe"),
    path("profile/sim-profiles/prove/<slug:platform>/", prove, name="profile_prove"),
    path("sim-profiles/", moved("profile_sim_profiles")),
    path("sim-profiles/add/", moved("profile_sim_profile_search")),
    path("sim-profiles/<uuid:profile_id>/edit/", moved("profile_sim_profile_manage")),
    path("sim-profiles/<uuid:profile_id>/disconnect/", moved("profile_sim_profile_unlink")),
]
