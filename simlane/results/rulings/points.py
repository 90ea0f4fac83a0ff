"""Points that stewards gave or took: no part of a result, and read by those who count a season's points."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet, Sum

from simlane.results.models import Ruling, RulingOutcome
from simlane.sim.models import Session


def points_ruled(sessions: Iterable[int] | QuerySet[Session]) -> dict[int, int]:
    """By entry of these sessions, the points that rulings which stand give it, negative where they take; one query.

    Rulings that do not fit the results that stand give and take nothing until they are given anew.
    """
    rows = RulingOutcome.objects.filter(entry__session__in=sessions, ruling__kind=Ruling.Kind.POINTS).order_by()
    return dict(rows.values_list("entry").annotate(Sum("ruling__value")))
