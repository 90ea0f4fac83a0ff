"""Which files came in, for staff."""

from django.contrib import admin

from simlane.results.models import ResultFile
from simlane.sim.admin.base import ReadOnly


@admin.register(ResultFile)
class ResultFileAdmin(ReadOnly):
    list_display = ("filename", "format", "event", "imported_at")
    list_select_related = ("event",)
    list_filter = ("format",)
    search_fields = ("filename", "event__name")
    ordering = ("-imported_at",)
