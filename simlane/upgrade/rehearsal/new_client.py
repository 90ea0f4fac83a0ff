"""The new release under a rehearsal: visitors who search and read, members who link, unlink and hide."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from simlane.sim.identity.names import fold, name_key
from simlane.sim.models import ContestedIdentifier, Event, ProfileName, SimProfile, Simulator
from simlane.sim.ownership import linking
from simlane.sim.search.query import search
from simlane.upgrade.rehearsal.client import REGISTERED, Client, action


class NewClient(Client):
    """Uses the rules of `sim.ownership.linking` and the site's own search."""

    release = "new"

    def prepare(self) -> None:
        users: Any = get_user_model()._default_manager
        self.simulator = Simulator.objects.get(slug="iracing")
        # Those that the old release's client makes it also deletes.
        self.accounts = list(users.exclude(username__startswith=REGISTERED).order_by("pk")[:200])
        # Whose id is contested is not verified without more ado.
        contested = set(ContestedIdentifier.objects.values_list("profile_id", flat=True))
        self.rows = [key for key in self._sample(SimProfile.objects, odd=True) if key not in contested]

    @action(weight=5)
    def read(self) -> None:
        profile = SimProfile.objects.select_related("simulator", "linked_user").get(pk=self.pick(self.rows))
        list(profile.names.all())

    @action(weight=2)
    def browse(self) -> None:
        list(SimProfile.objects.public().order_by("-last_active_at", "-id")[:24])

    @action(weight=1)
    def calendar(self) -> None:
        list(Event.objects.select_related("simulator", "track").order_by("-listed_at", "-pk")[:24])

    @action(weight=2)
    def find(self) -> None:
        search(SimProfile.objects.public(), self.pick(("alice am", "bjørn brandt", "fatima", "loukas")))

    @action(weight=3)
    def link(self) -> None:
        profile = SimProfile.objects.get(pk=self.pick(self.rows))
        user = self.pick(self.accounts)
        if profile.can_user_link(user) and profile.linked_user_id is None:
            linking.link_to_user(profile, user, verified=True)
            self.journal(profile.pk, linked_user_id=user.pk, is_verified=True)

    @action(weight=2)
    def unlink(self) -> None:
        profile = SimProfile.objects.get(pk=self.pick(self.rows))
        if profile.linked_user_id is not None and profile.unlink_from_user():
            self.journal(profile.pk, linked_user_id=None, is_verified=False, is_public=True)

    @action(weight=2)
    def hide_or_show(self) -> None:
        profile = SimProfile.objects.select_related("linked_user").get(pk=self.pick(self.rows))
        if profile.linked_user and profile.is_verified:
            public = not profile.is_public
            linking.set_visibility(profile, profile.linked_user, public=public)
            self.journal(profile.pk, is_public=public)

    @action(weight=2)
    def appear(self) -> None:
        """A driver nobody knew, as an import makes one."""
        name = self.name()
        profile = SimProfile(
            id=uuid.UUID(int=uuid.uuid4().int | 1),
            simulator=self.simulator,
            profile_name=name,
            profile_identifier=str(self.number(10**9, 9 * 10**9)),
            name_key=name_key(name),
        )
        # Together, as the import does it: the contract's check finds no profile without its name in between.
        with transaction.atomic():
            profile.save(force_insert=True)
            ProfileName.objects.create(profile=profile, name=name, folded=fold(name), last_used_at=timezone.now())
        self.rows.append(profile.pk)
        self.journal(profile.pk, profile_name=name, profile_identifier=profile.profile_identifier, linked_user_id=None)
