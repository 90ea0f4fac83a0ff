"""Every setting of SimLane, each read from an environment variable with a safe default.

A variable that is set but unusable stops the start with one line that says what to do; it is never
replaced by the default. `docs/configuration.md` lists them all.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from simlane.config import platforms, services
from simlane.config.environment import (
    choice,
    email,
    flag,
    hosts,
    integer,
    parse_database_url,
    results_storage,
    secret_key,
    site_url,
    text,
    timezone,
)
from simlane.leagues.addresses import of_league, of_season
from simlane.profiles import addresses

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(text("VAR_DIR", str(BASE_DIR / "var"))).resolve()

DEBUG = flag("DEBUG", default=False)
SECRET_KEY = secret_key(VAR_DIR / "secret_key")
ALLOWED_HOSTS = hosts("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = hosts("CSRF_TRUSTED_ORIGINS", default=[])
#: Whether visitors come over HTTPS. `make run` turns it off: it serves plain HTTP on loopback.
HTTPS = flag("HTTPS", default=True)
_HOST = next((name for name in ALLOWED_HOSTS if not name.startswith(("*", "."))), "localhost")
#: How the links in mails begin: a job has no request to ask.
SITE_URL = site_url("SITE_URL", default=f"https://{_HOST}" if HTTPS else f"http://{_HOST}:{text('PORT', '8000')}")

INSTALLED_APPS = [
    "simlane.config",
    "simlane.sim",
    "simlane.results",
    "simlane.ratings",
    "simlane.profiles",
    "simlane.users",
    "simlane.users.platforms",
    "simlane.leagues",
    "simlane.help",
    "simlane.upgrade",
    "simlane.monitoring",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.discord",
    # For its tables: Steam's provider is built on it.
    "allauth.socialaccount.providers.openid",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "template_partials",
    "waffle",
]

#: Proxies of ours: what they say of whom they ask for is believed, and nobody else's word.
TRUSTED_PROXIES = services.networks("TRUSTED_PROXIES")
#: Where faults, and the times of requests, are sent: nowhere until set. See config.reporting.
SENTRY_DSN = services.endpoint("SENTRY_DSN", needs=("sentry_sdk",), package="sentry-sdk")
OTLP_ENDPOINT = services.endpoint(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    needs=("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"),
    package="opentelemetry-sdk opentelemetry-exporter-otlp-proto-http",
)

MIDDLEWARE = [
    *(["simlane.config.proxies.TrustedProxiesMiddleware"] if TRUSTED_PROXIES else []),
    *(["simlane.config.reporting.TracesMiddleware"] if OTLP_ENDPOINT else []),
    "simlane.monitoring.middleware.MonitoringMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "simlane.config.outage.OutageMiddleware",
    "simlane.config.pages.warm.WarmPagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "simlane.users.private_pages.PrivatePagesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "waffle.middleware.WaffleMiddleware",
    "simlane.profiles.rollout.PublicProfilesMiddleware",
    "simlane.web.staff_lists.StaffListsMiddleware",
]

ROOT_URLCONF = "simlane.config.urls"
#: The domain knows no pages: the public pages say where its rows are shown.
ABSOLUTE_URL_OVERRIDES = {
    "sim.simulator": addresses.of_simulator,
    "sim.simprofile": addresses.of_profile,
    "sim.event": addresses.of_event,
    "sim.track": addresses.of_track,
    "sim.car": addresses.of_car,
    "sim.league": of_league,
    "leagues.season": of_season,
}
WSGI_APPLICATION = "simlane.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "simlane" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # {% when %} on every page, of libraries too.
            "builtins": ["simlane.web.moments"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "simlane.profiles.rollout.public_profiles",
                "simlane.users.notifications.bell.bell",
            ],
        },
    }
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": parse_database_url(os.environ.get("DATABASE_URL"), sqlite_path=VAR_DIR / "simlane.sqlite3")
}
DATABASES |= services.replicas("DATABASE_REPLICA_URLS", DATABASES["default"])
if len(DATABASES) > 1:
    DATABASE_ROUTERS = ["simlane.config.replicas.Router"]
    # Inside of what keeps pages, which reads from the primary whether they are as they were.
    MIDDLEWARE.insert(
        MIDDLEWARE.index("simlane.config.pages.warm.WarmPagesMiddleware") + 1,
        "simlane.config.replicas.ReplicasMiddleware",
    )
    # Around what refuses requests while the database is away.
    MIDDLEWARE.insert(
        MIDDLEWARE.index("simlane.config.outage.OutageMiddleware"), "simlane.config.reads_only.ReadsOnlyMiddleware"
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
# An account of the old model never confirmed an address: it must still be able to sign in.
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[SimLane] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "simlane.users.adapter.AccountAdapter"
# Beside allauth's own limits on signing in and up: searches and laps by address; links, proofs and their like,
# notifications, following, downloads of one's data, and what is done to a league by member.
ACCOUNT_RATE_LIMITS = {
    "search": "120/m/ip",
    "laps": "120/m/ip",
    "link": "30/m/user",
    "notifications": "120/m/user",
    "follow": "60/m/user",
    "data": "5/h/user",
    "prove": "10/m/user",
    "platform": "30/m/ip",
    "code": "10/h/user",
    "claim": "5/d/user",
    "claim_form": "20/h/user",
    "decide": "30/m/user",
    "league": "60/m/user",
    "league_new": "5/d/user",
    "invite": "20/d/user",
    "upload": "60/h/user",
    "report": "10/d/user",
    "results": "600/h/key",
    "outcome": "120/m/key",
    "token": "30/m/ip",
}
# Platforms to sign in at and to prove by: see docs/proof-by-sign-in.md. An equal address makes no two accounts one.
SOCIALACCOUNT_PROVIDERS = platforms.read()
SOCIALACCOUNT_ADAPTER = "simlane.users.platforms.adapter.SocialAccountAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_QUERY_EMAIL = False
SOCIALACCOUNT_STORE_TOKENS = False
#: Where the clocks of servers stand whose result files give a local time.
RESULTS_TIMEZONE = timezone("RESULTS_TIMEZONE", default="UTC")
#: How many leagues an account may own that are not archived.
LEAGUES_PER_ACCOUNT = integer("LEAGUES_PER_ACCOUNT", default=5)
#: How many drivers and leagues an account may follow.
FOLLOWS_PER_ACCOUNT = integer("FOLLOWS_PER_ACCOUNT", default=500)
#: How many profiles a league that staff have not confirmed may make a day.
LEAGUE_NEW_PROFILES = integer("LEAGUE_NEW_PROFILES", default=500)
#: How many megabytes of result files a form or a program may bring at once, and how many files a form.
UPLOAD_MB = integer("UPLOAD_MB", default=64)
UPLOAD_FILES = integer("UPLOAD_FILES", default=500)
#: Where uploaded files wait for their import; a worker on another machine must see it too.
UPLOADS_DIR = Path(text("UPLOADS_DIR", str(VAR_DIR / "uploads")))
DATA_UPLOAD_MAX_NUMBER_FILES = UPLOAD_FILES
#: When the owner of a link that nobody has proved is reminded, and when it ends, in days after it was made.
LINK_REMINDER_DAYS = integer("LINK_REMINDER_DAYS", default=10)
LINK_LAPSE_DAYS = integer("LINK_LAPSE_DAYS", default=14)
if LINK_LAPSE_DAYS <= LINK_REMINDER_DAYS:
    raise ImproperlyConfigured("LINK_LAPSE_DAYS must be more than LINK_REMINDER_DAYS: a link ends after its reminder.")
#: How many profiles of a simulator an account may have linked without proof, and for how many days after a link has
#: lapsed the same account cannot make it again without proof.
UNVERIFIED_LINKS = integer("UNVERIFIED_LINKS", default=5)
RELINK_DAYS = integer("RELINK_DAYS", default=30)
if UNVERIFIED_LINKS == 0:
    raise ImproperlyConfigured("UNVERIFIED_LINKS=0 lets nobody link: use at least 1.")
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# A new address can be added under two-factor too: until it is confirmed it opens and proves nothing.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "SimLane"

# Limits are counted for all processes of this machine, or with CACHE_URL of all machines; a changed flag is seen within
# seconds.
CACHES = services.caches("CACHE_URL", directory=VAR_DIR / "cache")
WAFFLE_CACHE_NAME = "flags"
#: The default while staff have made no flag `public_profiles` in the admin.
ENABLE_PUBLIC_PROFILES = flag("ENABLE_PUBLIC_PROFILES", default=True)
WAFFLE_SECURE = HTTPS
WAFFLE_FLAG_DEFAULT = ENABLE_PUBLIC_PROFILES

vars().update(email("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = text("DEFAULT_FROM_EMAIL", "SimLane <noreply@localhost>")
EMAIL_TIMEOUT = 10

#: Jobs run at once, within requests and commands, or are left to `manage.py worker`. The worker's table is always
#: there, so that to change it takes no migration.
JOBS = choice("JOBS", default="IMMEDIATE", among=("IMMEDIATE", "DATABASE")).lower()
TASKS = {
    "default": {
        "BACKEND": {
            "immediate": "django_tasks.backends.immediate.ImmediateBackend",
            "database": "django_tasks_db.DatabaseBackend",
        }[JOBS]
    },
    # Mails about an account that could not be sent: they wait in the database, whatever JOBS says.
    "later": {"BACKEND": "django_tasks_db.DatabaseBackend"},
}

#: Without a worker a thread of each process sends the mails. Tests send them in their own.
MAIL_THREAD = JOBS == "immediate"
#: How many mails about their profiles an account gets at most in an hour; others wait.
MAILS_AN_HOUR = integer("MAILS_AN_HOUR", default=20)
if MAILS_AN_HOUR == 0:
    raise ImproperlyConfigured("MAILS_AN_HOUR=0 lets no mail go: use at least 1.")

FILE_UPLOAD_HANDLERS = [
    "simlane.users.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

LANGUAGE_CODE = "en"
#: Pages of libraries in this site's spelling.
LOCALE_PATHS = [BASE_DIR / "simlane" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "simlane.config.formats"

STATIC_URL = "/static/"
STATIC_ROOT = Path(text("STATIC_DIR", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "simlane" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    # Result files as they came in.
    **results_storage("RESULTS_STORAGE", default=VAR_DIR / "results"),
}

# Nothing on a page comes from another host, and no script or style stands inside a page.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF, *platforms.form_targets(SOCIALACCOUNT_PROVIDERS)],
        "frame-ancestors": [NONE],
    }
}
SECURE_SSL_REDIRECT = HTTPS
# Probes come from inside, over plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = integer("HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
# Both bind names beside this site's, and the second for good: whoever has them all may ask for it.
SECURE_HSTS_INCLUDE_SUBDOMAINS = flag("HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = flag("HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
BEHIND_PROXY = flag("BEHIND_PROXY", default=bool(TRUSTED_PROXIES))
if TRUSTED_PROXIES and not BEHIND_PROXY:
    raise ImproperlyConfigured("TRUSTED_PROXIES names proxies and BEHIND_PROXY says there is none: unset one of them.")
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Limits by address count the visitor's, as the proxy names it, not the proxy's. Where the proxies are named,
    # the address is the visitor's already.
    ALLAUTH_TRUSTED_PROXY_COUNT = 0 if TRUSTED_PROXIES else 1
X_FRAME_OPTIONS = "DENY"

#: The bearer token for /metrics. Without one, staff and programs on this machine may read it.
METRICS_TOKEN = text("METRICS_TOKEN", "") if "METRICS_TOKEN" in os.environ else ""
#: Seconds between two times that a server process stores its counts; 0 stores them only when called.
MONITORING_STORE_SECONDS = 10

LOG_LEVEL = choice("LOG_LEVEL", default="INFO", among=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOG_FORMAT = choice("LOG_FORMAT", default="LINE", among=("LINE", "JSON")).lower()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "simlane.monitoring.logs.RequestIdFilter"},
        "expected": {"()": "simlane.config.expected_errors.ExpectedErrorFilter"},
    },
    "formatters": {
        "line": {"()": "simlane.monitoring.logs.LineFormatter"},
        "json": {"()": "simlane.monitoring.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["request_id", "expected"]},
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Scanners send wrong Host headers: they get a 400, and no traceback each.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # Two lines for each job that went well, and for each look of the worker.
        "django_tasks": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
        # A line for each change in a watched folder.
        "watchfiles": {"level": "WARNING"},
        # It logs whole answers, which anybody can forge; our own log line says what failed.
        "openid": {"level": "CRITICAL"},
    },
}
