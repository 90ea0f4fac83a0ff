"""`POST /api/v1/results`: where programs bring a league's results in, with its token, and ask what came of them."""

from __future__ import annotations

import shutil
import threading
import time
from typing import Any, cast
from uuid import UUID

from allauth.core.ratelimit import consume
from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.core.files.base import File
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from simlane.leagues import tokens, uploads
from simlane.leagues.bringing import Outcome
from simlane.leagues.models import Token, Upload, UploadedFile
from simlane.profiles.addresses import of_event
from simlane.results.models import Way
from simlane.sim.errors import Refused
from simlane.users.notifications.mails import absolute

STATUS = {
    Outcome.IMPORTED: 201,
    Outcome.UNCHANGED: 200,
    Outcome.SKIPPED: 415,
    Outcome.REFUSED: 422,
    # Not as a bad file, which a program would not send again.
    Outcome.FAILED: 503,
}
#: Most files are in by then, and a program has its answer at once; of the others it may ask later.
WAIT_SECONDS = 2.0
LOOK_EVERY = 0.05
#: Of the threads that answer a process's requests, one at most waits so: the next is told to ask.
_waiting = threading.Lock()


# The token is the permission: no cookie is looked at.
@csrf_exempt
@never_cache
def results(request: HttpRequest) -> HttpResponse:
    """One result file, as the body (its name in `?file=`) or as a part of a form; answers what came of it."""
    if request.method != "POST":
        return _problem(405, "Send a result file with POST.", Allow="POST")
    token = _token(request)
    if isinstance(token, HttpResponse):
        return token
    tokens.note_use(token)
    league = token.league
    if league.why_closed:
        return _problem(403, league.why_closed)
    if not consume(request, action="results", key=str(league.pk)):
        return _problem(
            429,
            "The league has brought in too many files within an hour. Nothing was kept: send this one again later.",
            **{"Retry-After": "600"},
        )
    # No more than it says is read of a body.
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_MB * 1024 * 1024:
        return _problem(413, f"A file may have {settings.UPLOAD_MB} MB. Nothing was kept.")
    try:
        sent = _sent(request)
    except ValueError as error:
        return _problem(400, str(error))
    if sent.read(4) == b"PK\x03\x04":
        return _problem(415, "An archive: unpack it and send its files one by one, or use the league's upload page.")
    sent.seek(0)
    # Who made a good token runs the league.
    by = cast("int", token.made_by_id)
    is_correction = request.GET.get("replace") == "1"
    try:
        kept = uploads.receive(league, by, [sent], replace=is_correction, way=Way.TOKEN)
    except Refused as refusal:
        return _problem(503, str(refusal), **{"Retry-After": "600"})
    _wait_for(kept.pk)
    return _answer(kept.pk, sent.name or "")


@require_safe
@never_cache
def outcome(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """What came of a file that the league's programs sent: what `results` would have answered by now."""
    token = _token(request)
    if isinstance(token, HttpResponse):
        return token
    if not consume(request, action="outcome", key=str(token.league_id)):
        return _problem(429, "Too many questions: wait a minute.", **{"Retry-After": "60"})
    found = Upload.objects.filter(pk=upload_id, league=token.league, way=Way.TOKEN).first()
    if found is None:
        return _problem(404, "Nothing that was sent with a token of this league has this address.")
    uploads.go_on(found)
    return _answer(found.pk)


def _token(request: HttpRequest) -> Token | HttpResponse:
    """The good token of a request, or the refusal of one that has none."""
    token = tokens.token_in(request.headers.get("Authorization", ""), Token.Scope.RESULTS)
    if token is not None:
        return token
    if not consume(request, action="token"):
        return _problem(429, "Too many requests without a good token: wait a minute.", **{"Retry-After": "60"})
    return _problem(
        401,
        "This needs a league's token: Authorization: Bearer simlane_… . It may have been taken back.",
        **{"WWW-Authenticate": "Bearer"},
    )


def _sent(request: HttpRequest) -> File[Any]:
    """The one file that was sent, on the disk. Raises ValueError."""
    if request.content_type != "multipart/form-data":
        kept = TemporaryUploadedFile("results", "", 0, None)
        body = File(kept, name=request.GET.get("file", "") or "results")
        shutil.copyfileobj(request, body)
        body.seek(0)
        return body
    request.upload_handlers = [TemporaryFileUploadHandler(request)]
    try:
        sent = [file for _, files in request.FILES.lists() for file in files]
    except (MultiPartParserError, TooManyFilesSent) as error:
        raise ValueError("The form cannot be read. Send one file in it.") from error
    if len(sent) != 1:
        raise ValueError("Send one file: curl -F file=@results.json, or the file itself as the body.")
    found: File[Any] = sent[0]
    return found


def _wait_for(key: UUID) -> None:
    """Returns when what came of a file is known, or when others would be kept waiting."""
    if not _waiting.acquire(blocking=False):
        return
    try:
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until and Upload.objects.filter(pk=key, state__in=uploads.WORKING).exists():
            time.sleep(LOOK_EVERY)
    finally:
        _waiting.release()


def _answer(key: UUID, name: str = "") -> JsonResponse:
    """What came of a file, or where to ask for it."""
    done = UploadedFile.objects.select_related("event").filter(upload=key, upload__state=Upload.State.DONE).first()
    address = absolute(reverse("api:outcome", args=[key]))
    if done is None:
        waiting = "The file is kept and will be imported: ask at this address what came of it."
        content = _body("waiting", file=name or None, detail=waiting, address=address)
        return JsonResponse(content, status=202, headers={"Location": address, "Retry-After": "5"})
    status = STATUS[Outcome(done.outcome)]
    said = {"error" if status >= 400 else "detail": done.detail}
    event = absolute(of_event(done.event)) if done.event else None
    content = _body(done.outcome, file=done.name, event=event, address=address, **said)
    return JsonResponse(content, status=status, headers={"Retry-After": "600"} if status == 503 else {})


def _body(outcome: str, **said: str | None) -> dict[str, str | None]:
    return {"file": None, "outcome": outcome, "event": None, "error": None, "detail": None, "address": None} | said


def _problem(status: int, error: str, **headers: str) -> JsonResponse:
    return JsonResponse(_body("refused", error=error), status=status, headers=headers)
