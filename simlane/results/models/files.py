"""Which result files came in and what was decided about them.

Results are computed from both (rule 12). Only what stands has rows in the tables of sim; what does not is kept as what
its file said.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from simlane.sim.models import Event, League, Session
from simlane.sim.models.accounts import somebody
from simlane.sim.models.leagues import SHARED


class Way(models.TextChoices):
    """The way a file came in."""

    UNKNOWN = "", "before this was noted"
    COMMAND = "command", "by a command on the server"
    FOLDER = "folder", "from a watched folder"
    UPLOAD = "upload", "by upload"
    TOKEN = "token", "by a program with a token"


class ResultFile(models.Model):
    """A result file that came in, a version of its sessions' results: by its bytes and by what it says.

    It is there once in each `scope`, which is its event's.

    `content` is what `reader_version` of the format's reader made of the bytes (see results.content); null for a file
    that came in before it was kept. `kept` names the bytes in the storage, empty when they are not there.
    """

    sha256 = models.CharField(max_length=64)
    content_sha256 = models.CharField(max_length=64)
    scope = models.BigIntegerField(default=SHARED, db_default=SHARED, editable=False)
    filename = models.CharField(max_length=255)
    format = models.CharField(max_length=30)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="result_files")
    imported_at = models.DateTimeField(default=timezone.now)
    content = models.BinaryField(null=True)
    reader_version = models.PositiveSmallIntegerField(default=0, db_default=0)
    way = models.CharField(max_length=10, choices=Way, blank=True, default=Way.UNKNOWN, db_default="")
    brought_by = somebody()
    kept = models.CharField(max_length=100, blank=True, default="", db_default="")
    size = models.PositiveBigIntegerField(null=True, help_text="In bytes")
    timezone = models.CharField(
        max_length=50, blank=True, default="", db_default="", help_text="Where the server's clock was taken to stand"
    )

    class Meta:
        permissions = [("decide", "Can replace, withdraw and bring back results")]
        constraints = [
            models.UniqueConstraint(fields=["sha256", "scope"], name="results_file_once"),
            models.UniqueConstraint(fields=["content_sha256", "scope"], name="results_content_once"),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes that came in; `sha256` is one of a part where a file holds several events."""
        return PurePosixPath(self.kept).stem or self.sha256


class NewProfiles(models.Model):
    """How many profiles a league that nobody has confirmed made on its last `day` (UTC): see results.bounds."""

    league = models.OneToOneField(League, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    number = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.number} on {self.day}"


class SessionFile(models.Model):
    """Which file a standing session is of, and which of that file's sessions it is, from 0."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="of_file")
    file = models.ForeignKey(ResultFile, on_delete=models.CASCADE, related_name="standing", db_index=False)
    number = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="results_sessionfile_once")]

    def __str__(self) -> str:
        return f"{self.file_id}[{self.number}]"


class Decision(models.Model):
    """What was decided about a file, or about its session `number`; no row is ever changed or deleted.

    `other` is the file that took its place, or whose place it took.
    """

    class What(models.TextChoices):
        CAME_IN = "came_in", "Came in"
        REPLACED = "replaced", "Replaced"
        WITHDRAWN = "withdrawn", "Withdrawn"
        #: Which organisers do not undo.
        WITHHELD = "withheld", "Withdrawn by the site's staff"
        BROUGHT_BACK = "brought_back", "Brought back"
        READ_AGAIN = "read_again", "Read again"
        NOT_THEIRS = "not_theirs", "Not the driver's"
        THEIRS = "theirs", "The driver's after all"

    event = models.ForeignKey(
        Event, on_delete=models.DO_NOTHING, db_constraint=False, related_name="decisions", db_index=False
    )
    file = models.ForeignKey(
        ResultFile, on_delete=models.DO_NOTHING, db_constraint=False, related_name="decisions", db_index=False
    )
    number = models.PositiveSmallIntegerField(null=True)
    what = models.CharField(max_length=15, choices=What)
    other = models.ForeignKey(
        ResultFile, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, null=True, related_name="+"
    )
    by = somebody()
    at = models.DateTimeField(db_default=Now())
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["event", "id"], name="results_decision_event_idx"),
            # Each file of a league asks for these.
            models.Index(fields=["event"], name="results_decision_withheld_idx", condition=Q(what="withheld")),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.at:%Y-%m-%d %H:%M}"
