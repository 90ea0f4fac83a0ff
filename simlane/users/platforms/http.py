"""Requests to platforms: bounded in time and size, and never led elsewhere."""

from __future__ import annotations

import time
from typing import Any

import requests
from urllib3.exceptions import HTTPError

TIMEOUT = 10.0
MAX_BYTES = 65_536
_PIECE = 8_192


class BoundedSession(requests.Session):
    """Raises requests.RequestException unless a complete, small, successful answer comes within `TIMEOUT` seconds.

    A redirect is not followed and not a success: what a platform says must not lead to another host.
    """

    def request(self, method: str, url: str | bytes, **options: Any) -> requests.Response:  # type: ignore[override]
        options |= {"timeout": TIMEOUT, "allow_redirects": False, "stream": True}
        deadline = time.monotonic() + TIMEOUT
        response = super().request(method, url, **options)
        with response:
            # Instead of requests' own reading, which has no bound.
            response._content = _read(response, deadline)
        if not response.ok or response.is_redirect or response.status_code >= 300:
            raise requests.HTTPError(f"{url!r} answered {response.status_code}", response=response)
        return response


def _read(response: requests.Response, deadline: float) -> bytes:
    body = b""
    try:
        # A piece is what has arrived: a peer that sends byte by byte does not outlast the deadline.
        while piece := response.raw.read1(_PIECE, decode_content=True):
            body += piece
            if len(body) > MAX_BYTES:
                raise requests.exceptions.ContentDecodingError(f"an answer of more than {MAX_BYTES} bytes")
            if time.monotonic() > deadline:
                raise requests.exceptions.ReadTimeout(f"no complete answer in {TIMEOUT:.0f} seconds")
    except (HTTPError, OSError) as error:
        if isinstance(error, requests.RequestException):
            raise
        raise requests.exceptions.ConnectionError(str(error)) from error
    return body
