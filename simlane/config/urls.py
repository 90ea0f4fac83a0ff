"""Every address of the site, by app."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from simlane.config import health
from simlane.users.views.account import PlatformSignUp, SignIn, SignUp

# Django's own form knows no second factor and no limit on attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign, no-untyped-call]

urlpatterns = [
    path("", include("simlane.profiles.urls")),
    path("accounts/login/", SignIn.as_view(), name="account_login"),
    path("accounts/signup/", SignUp.as_view(), name="account_signup"),
    path("accounts/3rdparty/signup/", PlatformSignUp.as_view(), name="socialaccount_signup"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/", include("simlane.users.platforms.urls")),
    path("users/", include("simlane.users.urls")),
    path("leagues/", include("simlane.leagues.urls")),
    path("api/v1/", include("simlane.leagues.api_urls")),
    path("help/", include("simlane.help.urls")),
    path("admin/", admin.site.urls),
    path("", include("simlane.monitoring.urls")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]

handler500 = "simlane.config.outage.server_error"
handler400 = "simlane.profiles.views.missing.bad_request"
