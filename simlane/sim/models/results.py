"""Results: events, their sessions, the entries classified in them, their drivers and laps.

Times are whole milliseconds, instants are UTC, positions count from 1; null means the file did not say.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from simlane.sim.models.league_drivers import LeagueDriver
from simlane.sim.models.leagues import SHARED, League
from simlane.sim.models.profile import NO_NAME, SimProfile
from simlane.sim.models.querysets import EventQuerySet
from simlane.sim.models.simulator import Simulator
from simlane.sim.models.tracks import Car, Track
from simlane.sim.ownership.code_text import without_codes


class Event(models.Model):
    """A meeting on one track: its sessions hold the results. `league` is whose it is; of none, it is the site's.

    `scope` is SHARED where its results count, or else its league's key: a number is there once in each.
    """

    class Source(models.TextChoices):
        MANUAL = "manual", "Entered by hand"
        OFFICIAL = "official", "Official series"
        LEAGUE = "league", "League"
        RESULTS = "results", "Result file"

    simulator = models.ForeignKey(Simulator, on_delete=models.PROTECT, related_name="events", db_index=False)
    name = models.CharField(max_length=255)
    event_source = models.CharField(max_length=30, choices=Source, default=Source.MANUAL)
    starts_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    series = models.CharField(max_length=255, blank=True, db_default="")
    track = models.ForeignKey(Track, on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    platform_id = models.CharField(
        max_length=64,
        blank=True,
        db_default="",
        help_text="The platform's own id of the session, if it has one",
    )
    weekend = models.CharField(
        max_length=255, blank=True, db_default="", help_text="Joins files of one event that carry no id"
    )
    listed_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="When it started; when it came in, if no file says"
    )
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when none of its results stands: see results.versions"
    )
    league = models.ForeignKey(
        League, on_delete=models.PROTECT, null=True, blank=True, related_name="events", db_index=False
    )
    scope = models.BigIntegerField(default=SHARED, db_default=SHARED, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["simulator", "platform_id", "scope"],
                condition=~Q(platform_id=""),
                name="sim_event_number_once",
            ),
            models.CheckConstraint(
                condition=Q(scope=SHARED) | Q(league__isnull=False, league=F("scope")), name="sim_event_scope"
            ),
        ]
        indexes = [
            models.Index(F("listed_at").desc(), F("id").desc(), name="sim_event_listed_idx"),
            models.Index(F("simulator"), F("listed_at").desc(), F("id").desc(), name="sim_event_sim_listed_idx"),
            models.Index(fields=["simulator", "weekend"], condition=~Q(weekend=""), name="sim_event_weekend_idx"),
            models.Index(
                F("league"),
                F("listed_at").desc(),
                F("id").desc(),
                name="sim_event_league_listed_idx",
                condition=Q(league__isnull=False),
            ),
            models.Index(
                F("track"),
                F("listed_at").desc(),
                F("id").desc(),
                name="sim_event_track_listed_idx",
                condition=Q(track__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def uncounted_of(self) -> League | None:
        """The league that is alone with its results, which count in nobody's career; None when they count."""
        return self.league if self.scope != SHARED else None


class Session(models.Model):
    """Practice, qualifying, warm-up or race; `number` orders the sessions of one event."""

    class Kind(models.TextChoices):
        PRACTICE = "practice", "Practice"
        QUALIFYING = "qualifying", "Qualifying"
        WARMUP = "warmup", "Warm-up"
        RACE = "race", "Race"

    class Stage(models.TextChoices):
        """Which part of a race in heats; a race of its own is none."""

        NONE = "", "None"
        HEAT = "heat", "Heat"
        FEATURE = "feature", "Feature"

    class Racing(models.TextChoices):
        """The kind of racing, which the simulator itself told; most say nothing."""

        UNKNOWN = "", "Not said"
        ROAD = "road", "Road"
        OVAL = "oval", "Oval"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="sessions", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind)
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    started_at = models.DateTimeField(null=True, blank=True)
    wet = models.BooleanField(null=True, blank=True)
    stage = models.CharField(max_length=10, choices=Stage, blank=True, db_default="")
    racing = models.CharField(max_length=10, choices=Racing, blank=True, default="", db_default="")
    clock = models.DateTimeField(
        null=True, blank=True, help_text="The start by the server's own clock, whatever zone that was in"
    )

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["event", "number"], name="sim_session_once")]

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """One car's classified result in a session; `row` is its line in the classification, from 0."""

    class Status(models.TextChoices):
        FINISHED = "finished", "Finished"
        DNF = "dnf", "Did not finish"
        DNS = "dns", "Did not start"
        DSQ = "dsq", "Disqualified"

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="entries", db_index=False)
    row = models.PositiveIntegerField()
    position = models.PositiveIntegerField(null=True)
    class_position = models.PositiveIntegerField(null=True)
    car = models.ForeignKey(Car, on_delete=models.PROTECT, null=True, related_name="entries", db_index=False)
    car_class = models.CharField(max_length=255, blank=True)
    car_number = models.CharField(max_length=20, blank=True)
    team_name = models.CharField(max_length=255, blank=True)
    grid_position = models.PositiveIntegerField(null=True)
    laps = models.PositiveIntegerField(null=True)
    laps_led = models.PositiveIntegerField(null=True)
    laps_down = models.PositiveIntegerField(null=True)
    best_lap_ms = models.PositiveIntegerField(null=True)
    average_lap_ms = models.PositiveIntegerField(null=True)
    total_time_ms = models.PositiveBigIntegerField(null=True)
    gap_ms = models.PositiveBigIntegerField(null=True)
    incidents = models.PositiveIntegerField(null=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.FINISHED)
    status_text = models.CharField(max_length=100, blank=True, help_text="As the file words it")

    class Meta:
        verbose_name_plural = "entries"
        ordering = ["row"]
        constraints = [models.UniqueConstraint(fields=["session", "row"], name="sim_entry_once")]
        # The sessions a car was driven in last.
        indexes = [
            models.Index(F("car"), F("session").desc(), name="sim_entry_car_idx", condition=Q(car__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.position or '–'}. #{self.car_number}"

    @property
    def shown_position(self) -> int | None:
        """The position in the race or session; a disqualified car has none, wherever the file lists it."""
        return None if self.status == self.Status.DSQ else self.position

    @property
    def public_team_name(self) -> str:
        """The team's name as anybody is shown it: see EntryDriver.public_name."""
        return without_codes(self.team_name)


class EntryDriver(models.Model):
    """A driver of an entry, by the name the file gave; a profile only when the file gave a real platform id.

    Or, where `league_driver` says whose drive it is within the league, by an organiser's tie.
    `raced_at` repeats the session's time (the event's, when it has none) so that a driver's newest results are
    one index read.
    """

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="drivers", db_index=False)
    seat = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=255)
    profile = models.ForeignKey(SimProfile, on_delete=models.PROTECT, null=True, related_name="drives", db_index=False)
    league_driver = models.ForeignKey(
        LeagueDriver, on_delete=models.PROTECT, null=True, blank=True, related_name="drives", db_index=False
    )
    raced_at = models.DateTimeField()
    laps = models.PositiveIntegerField(null=True)
    best_lap_ms = models.PositiveIntegerField(null=True)
    incidents = models.PositiveIntegerField(null=True)
    rating_before = models.PositiveIntegerField(null=True)
    rating_after = models.PositiveIntegerField(null=True)
    license_before = models.CharField(max_length=20, blank=True)
    license_after = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["seat"]
        constraints = [models.UniqueConstraint(fields=["entry", "seat"], name="sim_entrydriver_once")]
        indexes = [
            models.Index(
                F("profile"),
                F("raced_at").desc(),
                F("id").desc(),
                name="sim_entrydriver_newest_idx",
                condition=Q(profile__isnull=False),
            ),
            models.Index(
                fields=["league_driver"],
                name="sim_entrydriver_league_idx",
                condition=Q(league_driver__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.public_name

    @property
    def public_name(self) -> str:
        """The name as anybody is shown it: without a code that proved whose the profile is."""
        return without_codes(self.name) or NO_NAME


class Lap(models.Model):
    """A lap of an entry, driven by the driver in `seat`."""

    # One that a table partitioned by entry can have (docs/operations.md); nothing names a lap by another.
    pk = models.CompositePrimaryKey("entry_id", "number")
    # No constraint: laps are written in one transaction with their entry, and looking each of them up again at the
    # commit was a quarter of an import's time.
    entry = models.ForeignKey(
        Entry, on_delete=models.CASCADE, related_name="lap_times", db_index=False, db_constraint=False
    )
    number = models.PositiveIntegerField()
    seat = models.PositiveSmallIntegerField()
    time_ms = models.PositiveIntegerField(null=True)
    valid = models.BooleanField(default=True)
    sector1_ms = models.PositiveIntegerField(null=True)
    sector2_ms = models.PositiveIntegerField(null=True)
    sector3_ms = models.PositiveIntegerField(null=True)
    pit = models.BooleanField(null=True)  #: whether it went through the pits; None where the file does not say

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"lap {self.number}"


class PersonalBest(models.Model):
    """A driver's fastest lap on a track in a car, and the drive it was set in. Kept by the importer."""

    profile = models.ForeignKey(SimProfile, on_delete=models.CASCADE, related_name="bests", db_index=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="bests", db_index=False)
    car = models.ForeignKey(Car, on_delete=models.CASCADE, related_name="bests", db_index=False)
    best_lap_ms = models.PositiveIntegerField()
    drive = models.ForeignKey(EntryDriver, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "track", "car"], name="sim_personalbest_once")]
        indexes = [
            # A drive that is withdrawn is looked for here.
            models.Index(fields=["drive"], name="sim_personalbest_drive_idx"),
            # The record of a car on a track is the first.
            models.Index(fields=["track", "car", "best_lap_ms"], name="sim_personalbest_record_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.best_lap_ms} ms"
