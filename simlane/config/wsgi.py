"""The entry point of an application server."""

import os

from django.core.wsgi import get_wsgi_application

from simlane.config import reporting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "simlane.config.settings")

reporting.start()
application = get_wsgi_application()
