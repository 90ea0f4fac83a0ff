"""SimLane's settings as the tests use them: production's, on a database and a directory of their own.

`SIMLANE_TEST_DATABASE` is `sqlite` (the default) or `postgresql`. PostgreSQL is the server that
`SIMLANE_TEST_POSTGRESQL_URL` names, or else a throwaway one that this module starts and removes.
"""

import atexit
import contextlib
import os
import shutil
import tempfile

from tests import postgres

#: What a developer's shell may hold must not change what is tested.
_READ_BY_SIMLANE = """
    ALLOWED_HOSTS BEHIND_PROXY CACHE_URL DATABASE_REPLICA_URLS OTEL_EXPORTER_OTLP_ENDPOINT SENTRY_DSN STATIC_DIR
    TRUSTED_PROXIES CSRF_TRUSTED_ORIGINS DATABASE_URL DEBUG DEFAULT_FROM_EMAIL DISCORD_CLIENT_ID
    DISCORD_CLIENT_SECRET EMAIL_URL ENABLE_PUBLIC_PROFILES HOST HSTS_INCLUDE_SUBDOMAINS HSTS_PRELOAD HSTS_SECONDS
    IRACING_AUTHORIZE_URL
    IRACING_CLIENT_ID IRACING_CLIENT_SECRET IRACING_PROFILE_URL IRACING_TOKEN_URL JOBS LOG_FORMAT LOG_LEVEL
    FOLLOWS_PER_ACCOUNT
    MAILS_AN_HOUR UNVERIFIED_LINKS RELINK_DAYS LEAGUES_PER_ACCOUNT UPLOAD_MB UPLOAD_FILES UPLOADS_DIR
    LEAGUE_NEW_PROFILES METRICS_TOKEN PORT RESULTS_STORAGE RESULTS_TIMEZONE
    SECRET_KEY_FILE SITE_URL STEAM_SIGN_IN VAR_DIR WEB_THREADS WEB_WORKERS
"""
for _name in _READ_BY_SIMLANE.split():
    os.environ.pop(_name, None)

# One directory for the whole run: the workers of pytest-xdist inherit it from the process that made it.
if "SIMLANE_TEST_DIR" not in os.environ:
    os.environ["SIMLANE_TEST_DIR"] = tempfile.mkdtemp(prefix="simlane-tests-")
    atexit.register(shutil.rmtree, os.environ["SIMLANE_TEST_DIR"], ignore_errors=True)
os.environ["VAR_DIR"] = os.environ["SIMLANE_TEST_DIR"]
os.environ["SECRET_KEY"] = "a key for the tests, which guards nothing, and is long enough for every check"
os.environ["HTTPS"] = "0"

_choice = os.environ.get("SIMLANE_TEST_DATABASE", "sqlite")
if _choice not in {"sqlite", "postgresql"}:
    raise SystemExit(f"SIMLANE_TEST_DATABASE={_choice!r} is neither sqlite nor postgresql.")
if _choice == "postgresql":
    if "SIMLANE_TEST_POSTGRESQL_URL" not in os.environ:
        _stack = contextlib.ExitStack()
        atexit.register(_stack.close)
        _server = _stack.enter_context(postgres.cluster())
        os.environ |= {name: url for name, url in _server.environment.items() if name != "DATABASE_URL"}
    os.environ["DATABASE_URL"] = os.environ["SIMLANE_TEST_POSTGRESQL_URL"]
    if os.environ.get("SIMLANE_TEST_POOLER"):
        from tests.pgbouncer import pooled

        _pooler = contextlib.ExitStack()
        atexit.register(_pooler.close)
        os.environ["DATABASE_URL"] = _pooler.enter_context(pooled(os.environ["DATABASE_URL"], every_database=True))

from simlane.config.settings import *  # noqa: E402, F403
from simlane.config.settings import DATABASES, INSTALLED_APPS, LOGGING, STORAGES, VAR_DIR  # noqa: E402

# A child process that a test starts reads its own environment, not the tests'.
os.environ.pop("DATABASE_URL", None)

INSTALLED_APPS = [*INSTALLED_APPS, "django_migration_linter"]
LOGGING = LOGGING | {"loggers": {**LOGGING["loggers"], "django_migration_linter": {"level": "WARNING"}}}
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# A test stores what was counted when it wants to: no thread writes beside it.
MONITORING_STORE_SECONDS = 0
MAIL_THREAD = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

CACHES = {
    name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
    for name in ("default", "flags", "pages")
}

# The files as they are in the tree: a test needs no collectstatic before it.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
# A file is looked for when it is asked for: each test's client would look through all of them before its first page.
WHITENOISE_AUTOREFRESH = True

_default = DATABASES["default"]
if _choice == "sqlite":
    # A file, not memory: threads and live servers then meet real locks, as they do in use.
    _default["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    _default["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
else:
    # A pool keeps connections open, and a test database with open connections cannot be dropped.
    _default["OPTIONS"].pop("pool", None)
    if os.environ.get("SIMLANE_TEST_POOLER"):
        # Beside the run that may have started this one.
        _default["TEST"] = {"NAME": f"test_pooled_{os.getpid()}"}
