"""Telling members of new results: of their own profiles, and of the drivers and leagues they follow.

An import tells all of them in one statement, however many they are; a correction takes back in another what has lost
its reason and nobody has read or been sent. A row only names its event: result_texts says what stands of it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from simlane.sim.models.leagues import SHARED
from simlane.sim.ownership.events import Kind
from simlane.users.notifications.groups import group_of

#: What was driven longer ago is no news: an archive that comes in tells nobody.
NEWS = timedelta(days=30)
#: When the mails of a day go out, by the hour in UTC.
DIGEST_HOUR = 6

#: Who is told of which event, and whether a result of their own is the reason. What does not count could be anybody's
#: invention: a league that nobody has confirmed is heard by those who follow it, and under no driver's name.
_TOLD = """
    drove AS (
        SELECT DISTINCT s.event, p.id AS profile, p.linked_user_id AS owner, p.is_public
        FROM sessions s
        JOIN sim_entry e ON e.session_id = s.session
        JOIN sim_entrydriver d ON d.entry_id = e.id
        JOIN sim_simprofile p ON p.id = d.profile_id
        WHERE s.scope = %(shared)s
    ),
    reasons AS (
        SELECT event, owner AS account, 1 AS own FROM drove WHERE owner IS NOT NULL
        UNION
        SELECT event, f.user_id, 0 FROM drove JOIN users_follow f ON f.profile_id = drove.profile WHERE is_public
        UNION
        SELECT event, f.user_id, 0 FROM drove
        JOIN sim_simprofile m ON m.merged_into_id = drove.profile
        JOIN users_follow f ON f.profile_id = m.id
        WHERE drove.is_public
        UNION
        SELECT event, f.user_id, 0 FROM sessions s JOIN users_follow f ON f.league_id = s.league
    ),
    told AS (SELECT event, account, MAX(own) AS own FROM reasons GROUP BY event, account)"""

_OF_FILES = """
    WITH sessions AS (
        SELECT s.id AS session, s.event_id AS event, e.league_id AS league, e.scope
        FROM results_sessionfile f
        JOIN sim_session s ON s.id = f.session_id
        JOIN sim_event e ON e.id = s.event_id
        WHERE f.file_id {among} AND e.listed_at > %(since)s
    ),"""
_OF_EVENTS = """
    WITH sessions AS (
        SELECT s.id AS session, s.event_id AS event, e.league_id AS league, e.scope
        FROM sim_session s JOIN sim_event e ON e.id = s.event_id
        WHERE s.event_id {among}
    ),"""

# Locked against deletion, as in `recording`: an account that is being deleted is skipped.
_RECORD = """,
    accounts AS (SELECT id FROM users_user WHERE is_active AND id IN (SELECT account FROM told){locked})
    INSERT INTO users_notification
        (user_id, event_id, kind, created_at, about, email_state, email_due_at, email_attempts)
    SELECT t.account, t.event, CASE t.own WHEN 1 THEN %(result)s ELSE %(followed)s END, %(now)s, '{{}}',
        CASE WHEN COALESCE(c.wanted, CASE t.own WHEN 1 THEN %(own_default)s ELSE %(followed_default)s END)
            THEN 'pending' ELSE 'none' END,
        CASE WHEN COALESCE(c.wanted, CASE t.own WHEN 1 THEN %(own_default)s ELSE %(followed_default)s END)
            THEN %(due)s END,
        0
    FROM told t
    JOIN accounts a ON a.id = t.account
    LEFT JOIN users_mailchoice c ON c.user_id = t.account
        AND c."group" = CASE t.own WHEN 1 THEN %(own_group)s ELSE %(followed_group)s END
    WHERE TRUE
    ON CONFLICT DO NOTHING"""
_TAKE_BACK = """
    DELETE FROM users_notification
    WHERE event_id {among} AND read_at IS NULL AND emailed_at IS NULL
        AND (event_id, user_id) NOT IN (SELECT event, account FROM told)"""

#: A list as one parameter, of any length.
_AMONG = {"postgresql": "= ANY(%(keys)s)", "sqlite": "IN (SELECT value FROM json_each(%(keys)s))"}
_LOCKED = {"postgresql": " ORDER BY id FOR KEY SHARE SKIP LOCKED", "sqlite": ""}


def record_results(files: Collection[int], **_: Any) -> None:
    """Tells of the results of these files, which are in for the first time; of an event each account once, for ever."""
    now = timezone.now()
    own, followed = group_of(Kind.RESULT), group_of(Kind.FOLLOWED)
    _execute(
        _OF_FILES + _TOLD + _RECORD,
        files,
        since=_stored(now - NEWS),
        now=_stored(now),
        due=_stored(next_digest(now)),
        result=Kind.RESULT.value,
        followed=Kind.FOLLOWED.value,
        own_group=own.name,
        own_default=own.by_default,
        followed_group=followed.name,
        followed_default=followed.by_default,
    )


def take_back(events: Collection[int], **_: Any) -> None:
    """Withdraws what was told of these events where the reason is gone, unless it was read or sent by then."""
    _execute(_OF_EVENTS + _TOLD + _TAKE_BACK, events)


def next_digest(now: datetime) -> datetime:
    """When the next mail of a day goes out."""
    today = now.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def _execute(sql: str, keys: Collection[int], **values: Any) -> None:
    vendor = connection.vendor
    with connection.cursor() as cursor:
        cursor.execute(
            sql.format(among=_AMONG[vendor], locked=_LOCKED[vendor]),
            {"keys": list(keys) if vendor == "postgresql" else str(sorted(keys)), "shared": SHARED, **values},
        )


def _stored(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)
