"""The integrity check of ratings: a replay of all races, and the figures made of it, beside what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Count

from simlane.ratings import figures
from simlane.ratings.driven import counted_races, lines
from simlane.ratings.models import Ladder, RatedDrive, RatedSession, Rating, RatingsDue, RatingShare
from simlane.ratings.replaying import Replay
from simlane.sim.integrity import SHOWN, Broken, Check
from simlane.sim.models import SimProfile

_AT_ONCE = 1000
#: Another processor may round the last digit of a rating otherwise, and points gained are the difference of two.
_ALIKE = 2


def _astray() -> Broken:
    """Races, drives and drivers whose stored ratings are others; not while something is to be counted anew."""
    if RatingsDue.objects.exists() or Ladder.objects.filter(due_at__isnull=False).exists():
        return 0, ()
    found = [f"race of session {key}" for key in _races_astray()]
    for ladder in Ladder.objects.all():
        found += [f"session {session}, profile {profile}" for session, profile in _drives_astray(ladder)]
        count, first = figures.find_wrong(ladder.pk, SHOWN)
        found += [f"profile {profile}" for profile in first] + ["..."] * (count - len(first))
        if _shares(ladder) != _drivers_by_rating(ladder):
            found.append(f"shares of {ladder}")
    return len(found), found[:SHOWN]


def _races_astray() -> set[int]:
    ladders = {ladder.pk: (ladder.simulator_id, str(ladder.kind)) for ladder in Ladder.objects.all()}
    now = {(race.session, race.event, race.at, (race.simulator, str(race.kind))) for race in counted_races()}
    rows = RatedSession.objects.values_list("session", "event", "at", "ladder").iterator()
    return {race[0] for race in now ^ {(session, event, at, ladders[key]) for session, event, at, key in rows}}


def _drives_astray(ladder: Ladder) -> Iterator[tuple[int, object]]:
    replay = Replay()
    races = list(RatedSession.objects.filter(ladder=ladder).order_by("at", "session_id").values_list("session", "at"))
    for start in range(0, len(races), _AT_ONCE):
        chosen = races[start : start + _AT_ONCE]
        made = _replayed(replay, chosen)
        stored = _stored([session for session, _ in chosen])
        yield from (key for key in made.keys() | stored.keys() if not _alike(made.get(key), stored.get(key)))


def _replayed(replay: Replay, races: Sequence[tuple[int, Any]]) -> dict[tuple[int, Any], tuple[int, ...]]:
    driven = lines([session for session, _ in races])
    return {
        (session, SimProfile._meta.pk.to_python(after.profile)): after[1:7]
        for session, at in races
        for after in replay.count(at, driven.get(session, []))
    }


def _stored(sessions: Sequence[int]) -> dict[tuple[int, Any], tuple[int, ...]]:
    rows = RatedDrive.objects.filter(session__in=sessions).values_list(
        "session", "profile", "rating", "uncertainty", "gained", "races", "finished", "won"
    )
    return {(session, profile): tuple(values) for session, profile, *values in rows}


def _alike(one: tuple[int, ...] | None, other: tuple[int, ...] | None) -> bool:
    if one is None or other is None:
        return one is other
    points, figures_ = slice(0, 3), slice(3, None)
    near = all(abs(a - b) <= _ALIKE for a, b in zip(one[points], other[points], strict=True))
    return near and one[figures_] == other[figures_]


def _shares(ladder: Ladder) -> dict[int, int]:
    return dict(RatingShare.objects.filter(ladder=ladder).values_list("rating", "drivers"))


def _drivers_by_rating(ladder: Ladder) -> dict[int, int]:
    certain = Rating.objects.filter(ladder=ladder, provisional=False).order_by()
    return dict(certain.values_list("rating").annotate(drivers=Count("pk")))


RATINGS = Check("ratings", "12: stored ratings are what all races that count give", _astray)
