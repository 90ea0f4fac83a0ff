"""The old release under a rehearsal: the models of `sim.0008` and the statements of its pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.models import JSONField, Value

from simlane.upgrade.rehearsal.client import REGISTERED, Client, action
from simlane.upgrade.state import LEGACY


class OldClient(Client):
    """Members who add, rename and delete profiles and leave; staff who verify profiles and announce events."""

    release = "old"

    def prepare(self) -> None:
        apps = MigrationLoader(connection).project_state([("sim", LEGACY), ("users", "0001_initial")]).apps
        self.profiles: Any = apps.get_model("sim", "SimProfile")._default_manager
        self.users: Any = apps.get_model("users", "User")._default_manager
        self.all_events: Any = apps.get_model("sim", "Event")._default_manager
        self.simulator = apps.get_model("sim", "Simulator")._default_manager.get(slug="iracing")
        self.accounts = list(self.users.order_by("pk").values_list("pk", flat=True)[:200])
        self.registered: list[int] = []
        self.events: list[int] = []
        # Half of the rows are this client's. Those of the new release's it only renames, and that one does not: so the
        # journals never contradict each other.
        self.rows = self._sample(self.profiles, odd=False)
        self.others = self._sample(self.profiles, odd=True)

    def _row(self, key: UUID) -> Any:
        row = self.profiles.get(pk=key)
        if row.profile_data is None:
            # JSON's null; None would be saved as the database's, which the column refuses.
            row.profile_data = Value(None, JSONField())
        return row

    @action(weight=5)
    def list_own(self) -> None:
        list(self.profiles.filter(user_id=self.pick(self.accounts)).select_related("simulator"))

    @action(weight=4)
    def rename(self) -> None:
        row = self._row(self.pick(self.pick((self.rows, self.others))))
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
        row = self._row(self.pick(self.rows))
        # Now and then as it is already: that is said by the old release, too.
        row.is_verified = self.number(0, 1) == 1
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
        name = f"{REGISTERED}{self.number(0, 10**12)}"
        self.registered.append(self.users.create(username=name, password="!").pk)  # noqa: S106 - nobody signs in
        self.accounts.append(self.registered[-1])

    @action(weight=1)
    def leave(self) -> None:
        """A member's account goes, and their profiles with it."""
        if not self.registered:
            return
        user = self.pick(self.registered)
        self.registered.remove(user)
        self.accounts.remove(user)
        keys = list(self.profiles.filter(user_id=user).values_list("pk", flat=True))
        with transaction.atomic():
            self.users.get(pk=user).delete()
        for key in keys:
            self.rows.remove(key)
            self.journal(key, deleted=True)

    @action(weight=1)
    def announce(self) -> None:
        event = self.all_events.create(simulator=self.simulator, name=self.name(), starts_at=self._moment())
        self.events.append(event.pk)
        self.journal_event(event.pk, name=event.name, starts_at=event.starts_at.timestamp())

    @action(weight=1)
    def reschedule(self) -> None:
        if self.events:
            event = self.all_events.get(pk=self.pick(self.events))
            event.starts_at = self._moment()
            event.save()
            self.journal_event(event.pk, starts_at=event.starts_at.timestamp())

    @action(weight=1)
    def cancel(self) -> None:
        if len(self.events) > 10:
            key = self.events.pop(0)
            self.all_events.get(pk=key).delete()
            self.journal_event(key, deleted=True)

    def _moment(self) -> datetime:
        return datetime.fromtimestamp(self.number(1_600_000_000, 1_800_000_000), UTC)
