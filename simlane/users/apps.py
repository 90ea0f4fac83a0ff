"""Accounts: notifications are written by a receiver of the domain's signal."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "simlane.users"
    label = "users"

    def ready(self) -> None:
        from simlane.sim.ownership.events import ownership_changed
        from simlane.users.notifications.recording import record

        ownership_changed.connect(record, dispatch_uid="simlane.users.notifications")
