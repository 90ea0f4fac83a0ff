"""What stewards ruled about results: a record that only grows, and what came of it in the results that stand.

The rows of results themselves are made of the file and these (rule 12): see results.rulings.
"""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from simlane.results.models.files import ResultFile
from simlane.sim.models import Entry
from simlane.sim.models.accounts import somebody

_OF_ENTRY = Q(about__isnull=True, target__isnull=False)


class DrivenSession(models.Model):
    """A session as it was driven, whichever file tells of it; `name` is what the first of them called it.

    There is one for each session that was ruled about, or of whose results one version has taken another's place.
    """

    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class SessionVersion(models.Model):
    """That session `number` of a file, from 0, tells of this driven session; at most one version of it stands.

    Of two files that were ruled about apart and are found to be versions of one session, one has both.
    """

    driven = models.ForeignKey(DrivenSession, on_delete=models.CASCADE, related_name="versions")
    file = models.ForeignKey(ResultFile, on_delete=models.CASCADE, related_name="told", db_index=False)
    number = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number", "driven"], name="results_sessionversion_once")]

    def __str__(self) -> str:
        return f"{self.file_id}[{self.number}] {self.driven_id}"


class RulingQuerySet(models.QuerySet["Ruling"]):
    """Rulings."""

    def standing(self) -> Self:
        """Those that say something of an entry, and that nobody has undone."""
        undone = Ruling.objects.filter(about=OuterRef("pk"), kind=Ruling.Kind.UNDONE)
        return self.filter(~Exists(undone), about=None)


class Ruling(models.Model):
    """A stewards' decision about one entry of a session; no row is ever changed or deleted.

    `target` describes the entry as a file did: see results.rulings.fitting. `value` is milliseconds, places, points
    (negative for a penalty), a lap's number or a seat from 0, by the kind. A row of the kind UNDONE or FINAL is about
    an earlier one. `final` is whether it stood from the beginning.
    """

    class Kind(models.TextChoices):
        DISQUALIFIED = "disqualified", "Disqualified"
        TIME = "time", "Time penalty"
        PLACES = "places", "Position penalty"
        POINTS = "points", "Points"
        LAP = "lap", "Lap deleted"
        REMOVED = "removed", "Entry removed"
        DRIVER = "driver", "Driver reassigned"
        UNDONE = "undone", "Undone"
        FINAL = "final", "Made final"

    # No constraints: the rows outlive what they name, and a way back puts them back in any order.
    session = models.ForeignKey(
        DrivenSession, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="rulings"
    )
    kind = models.CharField(max_length=12, choices=Kind)
    about = models.ForeignKey(
        "self",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="answers",
    )
    target = models.JSONField(null=True, blank=True)
    value = models.BigIntegerField(null=True, blank=True)
    driver_name = models.CharField(max_length=255, blank=True)
    driver_identifier = models.CharField(
        max_length=255, blank=True, help_text="The platform's id of who is put into the seat"
    )
    reason = models.CharField(max_length=500)
    final = models.BooleanField(default=False)
    by = somebody()
    at = models.DateTimeField(db_default=Now())

    objects = RulingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["session", "id"], name="results_ruling_session_idx")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["undone", "final"], about__isnull=False, target__isnull=True, value__isnull=True)
                | Q(_OF_ENTRY, kind__in=["disqualified", "removed"], value__isnull=True)
                | Q(_OF_ENTRY, kind__in=["time", "places", "lap"], value__isnull=False, value__gt=0)
                | Q(_OF_ENTRY, kind="driver", value__isnull=False, value__gte=0)
                | Q(_OF_ENTRY, ~Q(value=0), kind="points", value__isnull=False),
                name="results_ruling_says_what",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="results_ruling_says_why"),
            models.UniqueConstraint(fields=["about"], condition=Q(kind="undone"), name="results_ruling_undone_once"),
            models.UniqueConstraint(fields=["about"], condition=Q(kind="final"), name="results_ruling_final_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.pk})"


class RulingOutcome(models.Model):
    """What came of a ruling that stands, in the results that stand: made anew with them.

    `entry` is the one that it is about; none when that was removed by it, or when it does not fit these results:
    `problem` says why.
    """

    ruling = models.OneToOneField(Ruling, on_delete=models.CASCADE, related_name="outcome")
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, null=True, related_name="outcomes")
    problem = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.problem or f"{self.ruling_id} → {self.entry_id}"
