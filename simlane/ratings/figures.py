"""What drivers have of the races that were counted: made of RatedDrive rows by the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count

from simlane.ratings.models import Rating, RatingShare, RatingYear
from simlane.ratings.replaying import CERTAIN_AFTER, PROVISIONAL
from simlane.sim.database import bulk

_COLUMNS = "ladder_id, profile_id, rating, uncertainty, provisional, gained, starts, finishes, wins"
#: One row a driver, or a driver and year: the last of their drives, with the sums of all.
_MADE = f"""
SELECT {_COLUMNS}, {{more}} FROM (
    SELECT d.ladder_id, d.profile_id, d.rating, d.uncertainty, d.at, d.year,
        d.uncertainty > {PROVISIONAL} OR d.races < {CERTAIN_AFTER} AS provisional,
        SUM(d.gained) OVER each AS gained, COUNT(*) OVER each AS starts,
        SUM(CASE WHEN d.finished THEN 1 ELSE 0 END) OVER each AS finishes,
        SUM(CASE WHEN d.won THEN 1 ELSE 0 END) OVER each AS wins,
        ROW_NUMBER() OVER (PARTITION BY d.profile_id{{part}} ORDER BY d.at DESC, d.session_id DESC) AS back
    FROM ratings_rateddrive d
    WHERE d.ladder_id = {{ladder}}{{chosen}}
    WINDOW each AS (PARTITION BY d.profile_id{{part}})
) AS made WHERE back = 1
"""
_TABLES: Sequence[tuple[type[Rating] | type[RatingYear], str, str]] = (
    (Rating, "at", ""),
    (RatingYear, "year", ", d.year"),
)


def renew(ladder: int, profiles: Collection[Any] | None) -> None:
    """Makes the figures of these drivers anew, or of all in the ladder; keys as the database has them."""
    if profiles is None:
        _renew(ladder, "", [])
        RatingShare.objects.filter(ladder=ladder).delete()
        RatingShare.objects.bulk_create(
            RatingShare(ladder_id=ladder, rating=rating, drivers=drivers)
            for rating, drivers in _certain(ladder).annotate(drivers=Count("pk"))
        )
        return
    moved: Counter[int] = Counter()
    for chosen in bulk.chunks(list(profiles)):
        moved.subtract(_certain(ladder).filter(profile__in=chosen).values_list("rating", flat=True))
        _renew(ladder, f" AND d.profile_id IN ({', '.join(['%s'] * len(chosen))})", chosen)
        moved.update(_certain(ladder).filter(profile__in=chosen).values_list("rating", flat=True))
    _move_shares(ladder, {rating: change for rating, change in moved.items() if change})


def find_wrong(ladder: int, limit: int) -> tuple[int, list[Any]]:
    """How many rows of figures are others than the drives give, and the drivers of the first few."""
    count = 0
    first: list[Any] = []
    for table, more, part in _TABLES:
        made = _MADE.format(more=more, part=part, ladder="%s", chosen="")
        stored = f"SELECT {_COLUMNS}, {more} FROM {table._meta.db_table} WHERE ladder_id = %s"
        for one, other in ((made, stored), (stored, made)):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT profile_id FROM ({one} EXCEPT {other}) AS wrong", [ladder, ladder])
                rows = cursor.fetchall()
            count += len(rows)
            first += [row[0] for row in rows[: limit - len(first)]]
    return count, first


def _renew(ladder: int, chosen: str, profiles: Sequence[Any]) -> None:
    for table, more, part in _TABLES:
        name = table._meta.db_table
        made = _MADE.format(more=more, part=part, ladder="%s", chosen=chosen)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {name} AS d WHERE d.ladder_id = %s{chosen}", [ladder, *profiles])
            cursor.execute(f"INSERT INTO {name} ({_COLUMNS}, {more}) {made}", [ladder, *profiles])


def _certain(ladder: int) -> Any:
    return Rating.objects.filter(ladder=ladder, provisional=False).order_by().values_list("rating")


def _move_shares(ladder: int, changes: dict[int, int]) -> None:
    if not changes:
        return
    there = RatingShare.objects.filter(ladder=ladder, rating__in=changes)
    shares = Counter(dict(there.values_list("rating", "drivers")))
    shares.update(changes)
    there.delete()
    RatingShare.objects.bulk_create(
        RatingShare(ladder_id=ladder, rating=rating, drivers=drivers) for rating, drivers in shares.items() if drivers
    )
