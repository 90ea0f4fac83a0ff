"""What the old release's pages did: `/users/sim-profiles/` with add, edit and disconnect, the admin, the account."""

from __future__ import annotations

from datetime import datetime

from django.db import connections

from tests.legacy_release.sim.models import Event, SimProfile, Simulator
from tests.legacy_release.users.models import User


def leave() -> None:
    """The end of its session, so that others may put another database in the place of this one."""
    connections.close_all()


def register(username: str) -> int:
    return User.objects.create_user(username, password="unusable").pk


def listing(user: int) -> list[list[object]]:
    profiles = SimProfile.objects.filter(user_id=user).select_related("simulator").order_by("created_at")
    return [[str(p.pk), p.simulator.slug, p.profile_name, p.profile_data, p.is_verified] for p in profiles]


def add(user: int, simulator: str, name: str, data: object) -> str:
    profile = SimProfile(user_id=user, profile_name=name, profile_data=data)
    profile.simulator = Simulator.objects.get(slug=simulator)
    profile.save()
    return str(profile.pk)


def edit(profile: str, name: str | None = None, data: object = None) -> str:
    row = SimProfile.objects.get(pk=profile)
    if name is not None:
        row.profile_name = name
    if data is not None:
        row.profile_data = data
    row.save()
    return profile


_read: dict[str, SimProfile] = {}


def open_form(profile: str) -> str:
    """The first half of an edit: a person takes their time between it and `send_form`."""
    _read[profile] = SimProfile.objects.get(pk=profile)
    return profile


def send_form(profile: str, name: str) -> str:
    row = _read.pop(profile)
    row.profile_name = name
    row.save()
    return profile


def set_verified(profile: str, verified: bool) -> str:
    """In the admin: a form, so every field is written."""
    row = SimProfile.objects.get(pk=profile)
    row.is_verified = verified
    row.save()
    return profile


def verify_selected(profiles: list[str], verified: bool) -> int:
    """In the admin: an action on the rows chosen."""
    return SimProfile.objects.filter(pk__in=profiles).update(is_verified=verified)


def rename_selected(profiles: list[str], name: str) -> int:
    """In the admin: an action; the statement names no other column."""
    return SimProfile.objects.filter(pk__in=profiles).update(profile_name=name)


def save_fields(profile: str, fields: dict[str, object]) -> str:
    """A job that writes what it changed: `update_fields`."""
    row = SimProfile.objects.get(pk=profile)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))
    return profile


def rename_account(user: int, username: str) -> int:
    row = User.objects.get(pk=user)
    row.username = username
    row.save()
    return user


def give(profile: str, user: int) -> str:
    """In the admin: another owner."""
    row = SimProfile.objects.get(pk=profile)
    row.user_id = user
    row.save()
    return profile


def move(profile: str, simulator: str) -> str:
    """In the admin: another simulator."""
    row = SimProfile.objects.get(pk=profile)
    row.simulator = Simulator.objects.get(slug=simulator)
    row.save()
    return profile


def disconnect(profile: str) -> int:
    return SimProfile.objects.get(pk=profile).delete()[0]


def delete_account(user: int) -> int:
    return User.objects.get(pk=user).delete()[0]


def announce(simulator: str, name: str, starts_at: str | None) -> int:
    return Event.objects.create(
        simulator=Simulator.objects.get(slug=simulator), name=name, starts_at=_moment(starts_at)
    ).pk


def reschedule(event: int, starts_at: str | None) -> int:
    row = Event.objects.get(pk=event)
    row.starts_at = _moment(starts_at)
    row.save()
    return event


def cancel(event: int) -> int:
    return Event.objects.get(pk=event).delete()[0]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
