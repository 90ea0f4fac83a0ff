"""Seasons for staff: to look at, with their rounds and standings, and to have the standings made anew."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest

from simlane.leagues.models import Round, Season, SeasonEntry, Standing
from simlane.leagues.seasons import due
from simlane.sim.admin.base import ReadOnly, ReadOnlyInline


class _SeasonRows(ReadOnlyInline):
    """Rows of a season, as its league made them."""

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [each.name for each in self.opts.fields]


class RoundInline(_SeasonRows):
    model = Round
    fields = ("number", "name", "starts_at", "track", "track_name", "event", "percent", "may_drop", "cancelled")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("track", "event")


class EntryInline(_SeasonRows):
    model = SeasonEntry
    fields = ("number", "driver_name", "identifier", "team", "season_class")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("team", "season_class")


class StandingInline(_SeasonRows):
    model = Standing
    fields = ("kind", "season_class", "place", "name", "points")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("season_class").defer("rounds").order_by("kind", "season_class", "row")


@admin.register(Season)
class SeasonAdmin(ReadOnly):
    """Every season. Its league's organisers change it, by its pages."""

    list_display = ("name", "league", "simulator", "state", "round_count", "created_at")
    list_select_related = ("league", "simulator")
    list_filter = ("state",)
    search_fields = ("name", "league__name")
    ordering = ("-pk",)
    inlines = (RoundInline, EntryInline, StandingInline)
    actions = ("make_anew",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request).annotate(_rounds=Count("rounds"))
        return found

    @admin.action(description="Make the standings anew", permissions=["change"])
    def make_anew(self, request: HttpRequest, seasons: QuerySet[Season]) -> None:
        with transaction.atomic():
            due.note(chosen := list(seasons.order_by("pk").values_list("pk", flat=True)))
        messages.success(request, f"The standings of {len(chosen)} seasons are being made anew.")

    @admin.display(description="rounds")
    def round_count(self, season: Any) -> int:
        return int(season._rounds)
