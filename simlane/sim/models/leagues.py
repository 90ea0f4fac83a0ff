"""Leagues: who brings an event's results in. Their people, tokens and pages are in simlane.leagues."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

#: Slugs that are addresses of their own under /leagues/, now or soon.
RESERVED_LEAGUES = ("admin", "api", "feed", "invitations", "mine", "new", "reports", "search", "seasons")
DISCORD = ("discord.gg", "discord.com", "www.discord.com")
#: The scope of events that the site and confirmed leagues share, and that count; another is a league's key: its own.
SHARED = 0


class League(models.Model):
    """Who holds races and brings their results in.

    `time_zone` is where its servers' clocks stand. The results of a league that staff have confirmed (`trusted`)
    count in everybody's career statistics; another's stand on its own pages, and marked on profiles.
    `recount_due` says that trust has changed and not every driver has been counted anew. One that staff have stopped is
    archived as well, and no owner opens it again; `results_due` says that its results are to be withdrawn with that, or
    brought back since.
    """

    name = models.CharField(max_length=100)
    slug = models.SlugField(
        max_length=60,
        unique=True,
        error_messages={"unique": "Another league has this address: choose another."},
        help_text="The league's address: /leagues/…/. Small letters, digits and hyphens.",
    )
    description = models.TextField(max_length=4000, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", help_text="Where its servers' clocks stand")
    website = models.URLField(blank=True)
    discord = models.URLField(blank=True)
    trusted = models.BooleanField("confirmed", default=False, help_text="Its results count in career statistics")
    recount_due = models.BooleanField(default=False, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, editable=False)
    stopped_for = models.CharField(max_length=500, blank=True, default="", db_default="", editable=False)
    results_due = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["name"]
        indexes = [models.Index(fields=["name", "id"], name="sim_league_name_idx")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(slug__in=RESERVED_LEAGUES) & ~Q(slug="") & Q(slug=Lower("slug")),
                name="sim_league_slug_free",
                violation_error_message=(
                    "This address is one of the site itself, or not in small letters: choose another."
                ),
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(archived_at__isnull=False),
                name="sim_league_stopped_is_archived",
                violation_error_message="The league is stopped: open it again first.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def why_closed(self) -> str:
        """Why nothing comes in for it and nothing of it changes; empty while it is open."""
        if self.stopped_at:
            return f"The site's staff have stopped {self}: nothing comes in for it."
        if self.archived_at:
            return f"{self} is archived: nothing comes in for it. An owner can open it again under Edit."
        return ""

    def clean(self) -> None:
        """Raises ValidationError for a link that is not safe to follow, or not to where it says."""
        wrong = {
            name: "Write the whole address, beginning with https://"
            for name in ("website", "discord")
            if (link := getattr(self, name)) and urlsplit(link).scheme != "https"
        }
        if self.discord and urlsplit(self.discord).hostname not in DISCORD:
            wrong["discord"] = (
                "That is no address of Discord: it begins with https://discord.gg/ or https://discord.com/"
            )
        if wrong:
            raise ValidationError(wrong)


def counted(prefix: str = "") -> Q:
    """Events whose results count in career statistics; `prefix` is the path to the event where another table asks.

    sim.career.statistics asks the same in SQL.
    """
    return Q(**{f"{prefix}scope": SHARED})
