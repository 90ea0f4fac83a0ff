"""The entry point of an asynchronous application server."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "simlane.config.settings")

application = get_asgi_application()
