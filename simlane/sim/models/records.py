"""The fastest lap of each car in each class on each track; sim.career.records keeps them."""

from __future__ import annotations

from django.db import models

from simlane.sim.models.results import EntryDriver
from simlane.sim.models.tracks import Car, Track


class TrackRecord(models.Model):
    """The fastest lap of a car, driven in a class (empty where the file names none), among the results that count.

    Of equal laps the one driven first is the record. `drive` is null from when the drive is deleted until, in the same
    transaction, the next best takes its place.
    """

    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="records", db_index=False)
    car = models.ForeignKey(Car, on_delete=models.CASCADE, related_name="records", db_index=False)
    car_class = models.CharField(max_length=255, blank=True)
    best_lap_ms = models.PositiveIntegerField()
    raced_at = models.DateTimeField()
    drive = models.ForeignKey(EntryDriver, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["track", "car", "car_class"], name="sim_trackrecord_once")]
        indexes = [
            models.Index(fields=["track", "best_lap_ms", "id"], name="sim_trackrecord_track_idx"),
            models.Index(fields=["track", "car_class", "best_lap_ms"], name="sim_trackrecord_class_idx"),
            models.Index(fields=["car", "track", "best_lap_ms"], name="sim_trackrecord_car_idx"),
            # A drive that is withdrawn is looked for here.
            models.Index(fields=["drive"], name="sim_trackrecord_drive_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.best_lap_ms} ms"
