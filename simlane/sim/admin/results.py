"""Simulators and results: not edited by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.db.models import Count, Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest

from simlane.sim.admin.base import ReadOnly, ReadOnlyInline
from simlane.sim.models import Claim, ContestedIdentifier, Event, Session, Simulator


@admin.register(Simulator)
class SimulatorAdmin(ModelAdmin):
    list_display = ("name", "slug", "identifier_kind")
    search_fields = ("name", "slug")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class SessionInline(ReadOnlyInline):
    model = Session
    fields = readonly_fields = ("number", "name", "kind", "started_at")


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("name", "simulator", "track", "series", "starts_at", "event_source", "session_count")
    list_select_related = ("simulator", "track")
    list_filter = ("simulator", "event_source")
    search_fields = ("name", "series", "track__name")
    ordering = ("-listed_at", "-pk")
    inlines = (SessionInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        events: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = events.annotate(_sessions=Count("sessions"))
        return counted

    @admin.display(description="sessions")
    def session_count(self, event: Any) -> int:
        return int(event._sessions)


@admin.register(ContestedIdentifier)
class ContestedIdentifierAdmin(ReadOnly):
    """Ids that two rows of the old model claimed; proof of the id gives an account both rows."""

    list_display = ("identifier", "simulator", "profile", "keeps_identifier", "open_claim", "noted_at")
    list_select_related = ("simulator", "profile")
    list_filter = ("simulator",)
    search_fields = ("=identifier",)
    ordering = ("identifier", "-keeps_identifier")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        contested: QuerySet[Any] = super().get_queryset(request)
        claims = Claim.objects.filter(profile=OuterRef("profile"), state=Claim.State.OPEN)
        annotated: QuerySet[Any] = contested.annotate(_claimed=Exists(claims))
        return annotated

    @admin.display(description="open claim", boolean=True)
    def open_claim(self, contested: Any) -> bool:
        return bool(contested._claimed)
