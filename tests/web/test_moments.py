"""One form of a date everywhere, in UTC as the server writes it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from django.template import Context, Template
from django.utils.formats import date_format

from simlane.web import moments

#: The last minute of a month in UTC, said by a clock that is two hours ahead.
AT = datetime(2026, 12, 1, 1, 59, tzinfo=timezone(timedelta(hours=2)))
UTC_ISO = "2026-11-30T23:59:00Z"


def shown(tag: str, **context: object) -> str:
    return Template(tag).render(Context({"at": AT} | context))


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("instant", "30 Nov 2026, 23:59 UTC"),
        ("day", "30 Nov 2026"),
        ("weekday", "Mon 30 Nov 2026, 23:59 UTC"),
        ("clock", "23:59 UTC"),
        ("plate", "30\nNOV"),
    ],
)
def test_an_instant_is_marked_for_the_script_and_written_in_utc(form: str, text: str) -> None:
    assert shown(f'{{% when at "{form}" %}}') == f'<time datetime="{UTC_ISO}" data-when="{form}">{text}</time>'


@pytest.mark.parametrize(
    ("form", "text"),
    [("instant", "1 Mar 2026"), ("day", "1 Mar 2026"), ("weekday", "Sun 1 Mar 2026"), ("plate", "1\nMAR")],
)
def test_a_date_without_a_time_is_the_same_day_in_every_zone(form: str, text: str) -> None:
    """The script leaves alone what has no `data-when`."""
    assert shown(f'{{% when at "{form}" %}}', at=date(2026, 3, 1)) == f'<time datetime="2026-03-01">{text}</time>'


def test_nothing_is_a_dash() -> None:
    assert shown("{% when at %}|{{ at|utc }}", at=None) == "–|–"


def test_a_clock_names_its_day_where_that_is_another() -> None:
    tag = '{% when at "clock" since=since %}'
    begun = datetime(2026, 11, 30, 22, tzinfo=UTC)
    beside = 'data-when="clock" data-since="2026-11-30T22:00:00Z"'
    assert shown(tag, since=begun) == f'<time datetime="{UTC_ISO}" {beside}>23:59 UTC</time>'
    assert ">30 Nov 2026, 23:59 UTC<" in shown(tag, since=begun - timedelta(days=1))


def test_its_look_is_escaped() -> None:
    assert ' class="muted &quot;">' in shown("{% when at css=look %}", look='muted "')


def test_mails_name_the_zone_and_django_prints_likewise() -> None:
    assert shown("{{ at|utc }}") == moments.instant(AT) == "30 Nov 2026, 23:59 UTC"
    assert date_format(AT.astimezone(UTC), "DATETIME_FORMAT") == moments.instant(AT)
    assert date_format(AT.astimezone(UTC), "DATE_FORMAT") == moments.day(AT)
