"""What staff see of the domain. Links change through the same rules as everywhere; results are not edited by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.options import ModelAdmin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest

from simlane.sim import linking, ownership
from simlane.sim.models import ContestedIdentifier, Event, ProfileName, Session, SimProfile, Simulator
from simlane.sim.search import MAX_LENGTH, search

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser as User

admin.site.site_header = "SimLane"
admin.site.site_title = "SimLane staff"
admin.site.index_title = "Staff"


def staff(request: HttpRequest) -> User:
    """Who is signed in; the admin lets nobody else in."""
    return cast("User", request.user)


class ReadOnly(ModelAdmin):
    """Rows that come from results or the upgrade: staff look, and act through actions."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [each.name for each in self.opts.fields]


class LinkFilter(admin.SimpleListFilter):
    """Whose a profile is."""

    title = "link"
    parameter_name = "link"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [("none", "Nobody's"), ("unverified", "Linked, not verified"), ("verified", "Verified")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        conditions: dict[str | None, dict[str, bool]] = {
            "none": {"linked_user__isnull": True},
            "unverified": {"linked_user__isnull": False, "is_verified": False},
            "verified": {"is_verified": True},
        }
        return queryset.filter(**conditions.get(self.value(), {}))


class NameInline(admin.TabularInline):
    model = ProfileName
    fields = readonly_fields = ("name", "last_used_at")
    extra = 0
    can_delete = False
    verbose_name_plural = "names raced under"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SimProfile)
class SimProfileAdmin(ReadOnly):
    """Profiles and their links."""

    list_display = ("profile_name", "simulator", "profile_identifier", "linked_user", "is_verified", "is_public",
                    "linked_at", "last_active_at", "starts")  # fmt: skip
    list_select_related = ("simulator", "linked_user")
    list_filter = (LinkFilter, "is_public", "simulator")
    ordering = ("-last_active_at", "-id")
    # The search is the site's own; a field must be named for the box to appear.
    search_fields = ("profile_identifier",)
    search_help_text = "Name, former name, platform id, or the account of a verified link"
    inlines = (NameInline,)
    actions = ("unlink", "verify", "make_public")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Through the site's indexes, not by reading every row."""
        if not search_term.strip():
            return queryset, False
        hits = search(SimProfile.objects.all(), search_term[:MAX_LENGTH]).hits
        return queryset.filter(pk__in=[hit.profile.pk for hit in hits]), False

    @admin.action(description="Unlink from the account", permissions=["change"])
    def unlink(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.message_user(
            request, f"{ownership.release(_plain(queryset), by=staff(request))} unlinked.", messages.SUCCESS
        )

    @admin.action(description="Mark the link as verified", permissions=["change"])
    def verify(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        changed = ownership.confirm(_plain(queryset), by=staff(request))
        self.message_user(request, f"{changed} verified; profiles of nobody stay as they are.", messages.SUCCESS)

    @admin.action(description="Make public", permissions=["change"])
    def make_public(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.message_user(
            request, f"{linking.show(_plain(queryset), by=staff(request))} made public.", messages.SUCCESS
        )


def _plain(queryset: QuerySet[Any]) -> QuerySet[SimProfile]:
    """The chosen rows without the list's joins, which an UPDATE cannot carry."""
    return SimProfile.objects.filter(pk__in=queryset.order_by().values("pk"))


@admin.register(Simulator)
class SimulatorAdmin(ModelAdmin):
    list_display = ("name", "slug", "identifier_kind")
    search_fields = ("name", "slug")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class SessionInline(admin.TabularInline):
    model = Session
    fields = readonly_fields = ("number", "name", "kind", "started_at")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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
    """Ids that two rows of the old model claimed."""

    list_display = ("identifier", "simulator", "profile", "keeps_identifier", "noted_at")
    list_select_related = ("simulator", "profile")
    list_filter = ("simulator",)
    search_fields = ("=identifier",)
    ordering = ("identifier", "-keeps_identifier")
