"""What a request's headers and faults lead to, beside its page."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client

from simlane.config.expected_errors import ExpectedErrorFilter


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["unknown", "12, nonsense", "'", ""])
def test_a_forwarded_address_that_is_none_is_left_out(client: Client, settings: Any, header: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert client.get("/profiles/search/?q=ab", headers={"X-Forwarded-For": header}).status_code == 200


@pytest.mark.django_db
def test_a_wrong_request_is_a_line_without_a_traceback(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.addFilter(expected := ExpectedErrorFilter())
    try:
        with caplog.at_level(logging.WARNING):
            assert client.get("/profiles/?sort=nonsense").status_code == 400
    finally:
        caplog.handler.removeFilter(expected)
    assert "nonsense" in caplog.text
    assert "Traceback" not in caplog.text


def test_the_log_takes_tracebacks_off_expected_errors(settings: Any) -> None:
    assert "expected" in settings.LOGGING["handlers"]["console"]["filters"]


def test_a_site_without_a_mail_server_is_warned(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "simlane.W001" in {each.id for each in run_checks(include_deployment_checks=True)}
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert "simlane.W001" not in {each.id for each in run_checks(include_deployment_checks=True)}


def test_a_site_whose_mails_lead_to_localhost_is_warned(settings: Any) -> None:
    settings.SITE_URL = "http://localhost:8000"
    assert "simlane.W002" in {each.id for each in run_checks(include_deployment_checks=True)}
    settings.SITE_URL = "https://simlane.example.org"
    assert "simlane.W002" not in {each.id for each in run_checks(include_deployment_checks=True)}


def test_hsts_binds_no_other_names_unless_told_to(settings: Any) -> None:
    assert not settings.SECURE_HSTS_INCLUDE_SUBDOMAINS
    assert not settings.SECURE_HSTS_PRELOAD


@pytest.mark.django_db
def test_a_head_request_is_answered_wherever_a_get_is(client: Client) -> None:
    for page in ("/", "/profiles/", "/events/", "/help/", "/metrics", "/healthz", "/accounts/login/", "/robots.txt"):
        assert client.head(page).status_code == client.get(page).status_code
