"""Time zones as a person writes them, for an import and for a site."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from simlane.config import environment
from simlane.results.timezones import timezone_of

NOON = datetime(2026, 7, 1, 12)  # noqa: DTZ001 - a clock without a zone is what is asked for


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("UTC", 0),
        ("z", 0),
        ("+09:00", 9),
        ("-3", -3),
        ("UTC+5:30", 5.5),
        ("gmt-11", -11),
        ("Europe/Rome", 2),
        ("America/New_York", -4),
        (" Asia/Tokyo ", 9),
    ],
)
def test_places_and_distances_are_read(text: str, hours: float) -> None:
    assert timezone_of(text).utcoffset(NOON) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "Rome", "+25:00", "+9:75", "../etc/passwd", "/etc/localtime", "Europe", "a\0b"])
def test_what_names_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        timezone_of(text)


def test_a_site_has_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.timezone("RESULTS_TIMEZONE", default="UTC") == "UTC"
    monkeypatch.setenv("RESULTS_TIMEZONE", "Asia/Tokyo")
    assert environment.timezone("RESULTS_TIMEZONE", default="UTC") == "Asia/Tokyo"
    monkeypatch.setenv("RESULTS_TIMEZONE", "Tokio")
    with pytest.raises(ImproperlyConfigured, match="RESULTS_TIMEZONE: 'Tokio' is no time zone"):
        environment.timezone("RESULTS_TIMEZONE", default="UTC")
