"""Which files came in, for staff."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from simlane.results.models import ResultFile
from simlane.sim.admin.base import ReadOnly


@admin.register(ResultFile)
class ResultFileAdmin(ReadOnly):
    list_display = ("filename", "format", "event", "imported_at")
    list_select_related = ("event",)
    list_filter = ("format",)
    search_fields = ("filename", "event__name")
    ordering = ("-imported_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what the files say, which is long and for programs."""
        files: QuerySet[Any] = super().get_queryset(request)
        return files.defer("content")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [name for name in super().get_readonly_fields(request, obj) if name != "content"]
