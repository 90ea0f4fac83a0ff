"""Ratings: how they are measured and stored, and what their room registers with the domain."""

from django.apps import AppConfig


class RatingsConfig(AppConfig):
    name = "simlane.ratings"
    label = "ratings"

    def ready(self) -> None:
        from simlane.ratings import due, models
        from simlane.ratings.checks import RATINGS
        from simlane.sim import integrity
        from simlane.sim.career.changes import register_derived, results_changed
        from simlane.sim.ownership.merging import drives_moved

        register_derived(models.RatedDrive, models.Rating, models.RatingYear, models.RatingsDue)
        integrity.register(RATINGS)
        results_changed.connect(due.note_events, dispatch_uid=self.name)
        drives_moved.connect(due.note_profiles, dispatch_uid=self.name)
