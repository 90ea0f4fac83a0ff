from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class SimConfig(AppConfig):
    name = "simlane.sim"
    label = "sim"

    def ready(self) -> None:
        pre_migrate.connect(_before_migrations, sender=self)
        post_migrate.connect(_after_migrations, sender=self)


def _before_migrations(using: str, plan: list[Any], **_: Any) -> None:
    from simlane.sim.database import rights
    from simlane.sim.database.sqlite import drop_triggers

    if plan:
        rights.share(connections[using])
    if plan and connections[using].vendor == "sqlite":
        drop_triggers(connections[using])


def _after_migrations(using: str, **_: Any) -> None:
    from simlane.sim.database.sqlite import install_triggers

    if connections[using].vendor == "sqlite":
        install_triggers(connections[using])
