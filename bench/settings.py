"""SimLane's settings, with the references' addresses beside its own."""

from simlane.config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
ALLOWED_HOSTS = ["testserver"]
# The files as they are in the tree: nothing is collected for a measurement.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# One machine plays all visitors.
ACCOUNT_RATE_LIMITS = False
