"""Faults to Sentry, and how long requests took to an OpenTelemetry collector: both off until their address is set.

Both send in threads, which a fork does not take along: `start` is called in each process that serves or works.
Neither is told an address with a secret in it, a body, a cookie or who asked: a route's name is all they get.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def start() -> None:
    """Once in a process, before its first request."""
    if settings.SENTRY_DSN:
        _start_sentry(settings.SENTRY_DSN)
    if settings.OTLP_ENDPOINT:
        _start_traces(settings.OTLP_ENDPOINT)


def _start_sentry(dsn: str) -> None:
    import sentry_sdk

    sentry_sdk.init(
        dsn,
        before_send=_without_request,
        include_local_variables=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        send_default_pii=False,
    )


def _without_request(event: Any, _: Any) -> Any:
    """The fault, without the address that met it."""
    event.pop("request", None)
    event.pop("user", None)
    return event


def _start_traces(endpoint: str) -> None:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "simlane"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))
    trace.set_tracer_provider(provider)


class TracesMiddleware:
    """A span for each request, by its route; only with an endpoint."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        from opentelemetry import trace

        # Not above: a server starts this before there are apps.
        from simlane.monitoring.middleware import route_of

        self.get_response = get_response
        self._route_of = route_of
        self._tracer = trace.get_tracer("simlane")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from opentelemetry.trace import SpanKind

        with self._tracer.start_as_current_span(request.method or "", kind=SpanKind.SERVER) as span:
            response = self.get_response(request)
            route = self._route_of(request)
            span.update_name(f"{request.method} {route}")
            span.set_attribute("http.request.method", request.method or "")
            span.set_attribute("http.route", route)
            span.set_attribute("http.response.status_code", response.status_code)
            return response
