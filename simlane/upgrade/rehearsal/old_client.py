"""The old release under a rehearsal: the models of `sim.0008` and the statements of its pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from simlane.upgrade.rehearsal.client import Client, action
from simlane.upgrade.state import LEGACY


class OldClient(Client):
    """Members who add, rename and delete profiles, and staff who verify them."""

    release = "old"

    def prepare(self) -> None:
        apps = MigrationLoader(connection).project_state([("sim", LEGACY), ("users", "0001_initial")]).apps
        self.profiles: Any = apps.get_model("sim", "SimProfile")._default_manager
        self.users: Any = apps.get_model("users", "User")._default_manager
        self.simulator = apps.get_model("sim", "Simulator")._default_manager.get(slug="iracing")
        self.accounts = list(self.users.order_by("pk").values_list("pk", flat=True)[:200])
        # Every other row is the new release's to change, so that the journals do not contradict each other.
        self.rows = self._sample(self.profiles, odd=False)

    @action(weight=5)
    def list_own(self) -> None:
        list(self.profiles.filter(user_id=self.pick(self.accounts)).select_related("simulator"))

    @action(weight=4)
    def rename(self) -> None:
        row = self.profiles.get(pk=self.pick(self.rows))
        row.profile_name = self.name()
        row.save()
        self.journal(row.pk, profile_name=row.profile_name)

    @action(weight=3)
    def add(self) -> None:
        user = self.pick(self.accounts)
        row = self.profiles.model(user_id=user, simulator=self.simulator, profile_name=self.name())
        row.profile_data = {"cust_id": self.number(10**6, 10**9)} if self.number(0, 3) else {}
        # The half of the keys that is this client's.
        row.pk = UUID(int=row.pk.int & ~1)
        row.save(force_insert=True)
        self.rows.append(row.pk)
        self.journal(row.pk, profile_name=row.profile_name, profile_data=row.profile_data, linked_user_id=user)

    @action(weight=1)
    def verify(self) -> None:
        row = self.profiles.get(pk=self.pick(self.rows))
        row.is_verified = not row.is_verified
        row.save()
        self.journal(row.pk, is_verified=row.is_verified)

    @action(weight=1)
    def disconnect(self) -> None:
        key = self.pick(self.rows)
        self.rows.remove(key)
        with transaction.atomic():
            self.profiles.get(pk=key).delete()
        self.journal(key, deleted=True)

    @action(weight=1)
    def register(self) -> None:
        name = f"rehearsal-{self.number(0, 10**12)}"
        self.accounts.append(self.users.create(username=name, password="!").pk)  # noqa: S106 - nobody signs in
