"""Signing in at platforms; an operator registers the callback addresses there."""

from django.urls import include, path

from simlane.users.platforms import views

urlpatterns = [
    path("3rdparty/", include("allauth.socialaccount.urls")),
    path("steam/login/", views.steam_login, name="steam_login"),
    path("steam/callback/", views.steam_callback, name="steam_callback"),
    path("iracing/login/", views.iracing_login, name="iracing_login"),
    path("iracing/login/callback/", views.iracing_callback, name="iracing_callback"),
    path("discord/login/", views.discord_login, name="discord_login"),
    path("discord/login/callback/", views.discord_callback, name="discord_callback"),
]
