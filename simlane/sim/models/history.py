"""Reading the history of links (rule 8); how it is written: sim.ownership.history and sim.database."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from simlane.sim.models import HistoryEntry, Merge, SimProfile


def history_of(profile: SimProfile) -> QuerySet[HistoryEntry]:
    """Everything that happened to the profile and to those that were merged into it, the newest first."""
    merged = Merge.objects.filter(kept=profile, undone_at=None).values("merged")
    entries = HistoryEntry.objects.filter(Q(profile=profile) | Q(profile__in=merged))
    return entries.select_related("actor", "account", "was_account").order_by("-pk")
