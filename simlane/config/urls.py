"""Every address of the site, by app."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("simlane.profiles.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("users/", include("simlane.users.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "simlane.profiles.views.missing.bad_request"
