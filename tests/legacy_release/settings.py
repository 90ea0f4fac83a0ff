"""The old release's settings: only what its statements depend on."""

import os

import environ

SECRET_KEY = "the old release's, which guards nothing"
DATABASES = {"default": environ.Env.db_url_config(os.environ["LEGACY_DATABASE_URL"])}
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "tests.legacy_release.users",
    "tests.legacy_release.sim",
]
AUTH_USER_MODEL = "users.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = True
