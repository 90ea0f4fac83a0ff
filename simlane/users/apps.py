"""Accounts listen to what the domain says happened to their profiles."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "simlane.users"
    label = "users"

    def ready(self) -> None:
        from simlane.sim.ownership.events import happened
        from simlane.users.notifications.recording import record

        happened.connect(record, dispatch_uid="simlane.users.notifications")
