"""Leagues for staff: who runs them, and whether their results count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin
from django.db import models
from django.db.models import Count, Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest

from simlane.leagues import detachments, reports, stopping, trust
from simlane.leagues.admin_forms import STOPS, Act, StaffLeagueForm
from simlane.leagues.models import Membership, Report, Role, UploadedFile
from simlane.leagues.seasons import admin as season_admin  # noqa: F401 - registers
from simlane.profiles.addresses import of_event
from simlane.results.storing import lock
from simlane.sim.admin.base import ReadOnly, staff
from simlane.sim.admin.results import EventAdmin
from simlane.sim.errors import Refused
from simlane.sim.models import Event, League

#: Events that a message names.
SHOWN = 10

# The domain's page for events, with their leagues.
admin.site.unregister(Event)


def _not_counted(found: dict[int, int]) -> str:
    """Which events of a league that was confirmed stay alone."""
    named = sorted(found.items())[:SHOWN]
    events = Event.objects.in_bulk({key for pair in named for key in pair})
    pairs = [f"{of_event(events[here])} (see {of_event(events[counts])})" for here, counts in named]
    more = f" and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    return (
        f"Their results were in already, and count there once; here they stay “not counted”: {', '.join(pairs)}{more}."
    )


class OwnerlessFilter(admin.SimpleListFilter):
    """Leagues whose last owner's account is gone."""

    title = "owner"
    parameter_name = "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("none", "None")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(_owned=False) if self.value() == "none" else queryset


class PeopleInline(admin.TabularInline):
    model = Membership
    extra = 0
    raw_id_fields = ("user",)


@admin.register(League)
class LeagueAdmin(ModelAdmin):
    """Every league. Confirmed, its results count in careers: a change counts its drivers anew."""

    list_display = ("name", "slug", "trusted", "has_owner", "event_count", "archived_at", "created_at")
    list_filter = ("trusted", OwnerlessFilter)
    search_fields = ("name", "slug")
    ordering = ("name", "pk")
    form = StaffLeagueForm
    fieldsets = (
        (
            None,
            {"fields": ("name", "slug", "description", "time_zone", "website", "discord", "trusted", "archived_at")},
        ),
        ("Stopped by the staff", {"fields": ("stopped_at", "stopped_for", "act", "reason")}),
    )
    inlines = (PeopleInline,)
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        leagues: QuerySet[Any] = super().get_queryset(request)
        owners = Membership.objects.filter(league=OuterRef("pk"), role=Role.OWNER)
        found: QuerySet[Any] = leagues.annotate(_owned=Exists(owners), _events=Count("events"))
        return found

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        # The owner's way to open it again is not the one for a league that staff have stopped.
        stopped = isinstance(obj, League) and obj.stopped_at is not None
        return ("stopped_at", "stopped_for", *(["archived_at"] if stopped else []))

    def save_model(self, request: HttpRequest, obj: League, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        # Before the league's row, as imports do.
        lock()
        # By the rules that count anew and close it, not by the form; and not what others have changed meanwhile.
        columns = {field.name for field in League._meta.concrete_fields} - {"trusted"}
        obj.save(update_fields=columns.intersection(form.changed_data))
        if "trusted" in form.changed_data and (found := trust.set_trusted(obj, trusted=obj.trusted)):
            messages.warning(request, _not_counted(found))
        if act := form.cleaned_data["act"]:
            self._decide(request, obj, Act(act), form.cleaned_data["reason"])

    def _decide(self, request: HttpRequest, league: League, act: Act, reason: str) -> None:
        decide = stopping.stop if act in STOPS else stopping.resume
        try:
            decide(league, by=staff(request), reason=reason, results=act in (Act.WITHDRAW, Act.BRING_BACK))
        except Refused as refusal:
            messages.error(request, str(refusal))
            return
        self.log_change(request, league, f"{act.label}. {reason}")
        messages.success(request, "Those who run the league are told.")

    @admin.display(description="has an owner", boolean=True)
    def has_owner(self, league: Any) -> bool:
        return bool(league._owned)

    @admin.display(description="events")
    def event_count(self, league: Any) -> int:
        return int(league._events)


@admin.register(Report)
class ReportAdmin(ReadOnly):
    """What people say is wrong with events. An answer is told to who said it."""

    list_display = ("event", "league", "kind", "user", "state", "made_at")
    list_select_related = ("event__league", "user")
    list_filter = ("state", "kind")
    search_fields = ("event__name", "user__username")
    ordering = ("-state", "made_at")
    actions = ("agree", "undo")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        found: list[str] = super().get_readonly_fields(request, obj)
        is_open = isinstance(obj, Report) and obj.state == Report.State.OPEN
        return [name for name in found if name != "answer" or not is_open]

    @admin.action(description="Agree: it was not them, the drive does not count", permissions=["change"])
    def agree(self, request: HttpRequest, chosen: QuerySet[Report]) -> None:
        self._decide(request, chosen.filter(state=Report.State.OPEN), detachments.agree)

    @admin.action(description="Undo: the drive counts for them again", permissions=["change"])
    def undo(self, request: HttpRequest, chosen: QuerySet[Report]) -> None:
        self._decide(request, chosen, detachments.undo)

    def _decide(self, request: HttpRequest, chosen: QuerySet[Report], act: Callable[..., None]) -> None:
        for report in chosen.select_related("event__league", "user", "profile", "detachment"):
            try:
                act(report, staff(request), as_staff=True)
            except Refused as error:
                messages.error(request, f"{report}: {error}")
            else:
                messages.success(request, f"{report}: decided, and every figure follows.")

    def save_model(self, request: HttpRequest, obj: Report, form: Any, change: bool) -> None:
        try:
            reports.answer(obj, staff(request), obj.answer)
        except Refused as error:
            messages.error(request, f"{error} Nothing was changed.")

    @admin.display(description="league")
    def league(self, report: Any) -> str:
        return str(report.event.league or "")


@admin.register(UploadedFile)
class UploadedFileAdmin(ReadOnly):
    """What organisers uploaded, and what came of it: refused files are looked at first."""

    list_display = ("name", "outcome", "detail", "league", "event", "made_at")
    list_select_related = ("upload__league", "event")
    list_filter = ("outcome",)
    search_fields = ("name", "upload__league__name")
    ordering = ("-pk",)

    @admin.display(description="league")
    def league(self, file: Any) -> str:
        return str(file.upload.league)

    @admin.display(description="uploaded")
    def made_at(self, file: Any) -> Any:
        return file.upload.made_at


@admin.register(Event)
class LeagueEventAdmin(EventAdmin):
    """Events, with whose they are. One that a league brought in and that is the site's to count is taken out of it."""

    list_display: Any = ("name", "league", *EventAdmin.list_display[1:])
    list_select_related: ClassVar[Any] = ("simulator", "track", "league")
    list_filter: ClassVar[Any] = (*EventAdmin.list_filter, "league__trusted")
    search_fields: ClassVar[Any] = (*EventAdmin.search_fields, "league__name")
    actions = ("take_out",)

    @admin.action(description="Take out of its league: its results count for the site", permissions=["change"])
    def take_out(self, request: HttpRequest, events: QuerySet[Event]) -> None:
        taken = 0
        for event in events.exclude(league=None):
            try:
                trust.take_out(event)
            except Refused as refusal:
                messages.error(request, f"{event}: {refusal}")
            else:
                taken += 1
        messages.success(request, f"{taken} events are the site's own: their results count.")
