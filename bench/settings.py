"""SimLane's settings, with the references' addresses beside its own."""

from simlane.config.environment import results_storage
from simlane.config.settings import *  # noqa: F403
from simlane.config.settings import VAR_DIR

ROOT_URLCONF = "bench.urls"
ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
# The files as they are in the tree: nothing is collected for a measurement.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    # Files that came in are kept, as on every site.
    **results_storage("RESULTS_STORAGE", default=VAR_DIR / "kept"),
}
# One machine plays all visitors.
ACCOUNT_RATE_LIMITS = False
