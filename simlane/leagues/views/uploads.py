"""The upload page: files in, a preview, the import, and a line for each file."""

from __future__ import annotations

from collections import Counter
from typing import Any

from allauth.core.ratelimit import consume_or_429
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from simlane.leagues import uploads
from simlane.leagues.access import league_of, leagues_of, role_of
from simlane.leagues.models import Role, Upload, UploadedFile
from simlane.profiles.addresses import of_event
from simlane.results.models import Way
from simlane.sim.errors import Refused
from simlane.sim.models import League
from simlane.users.notifications.mails import absolute
from simlane.users.views.access import member, member_page
from simlane.web.listing import show

Outcome = UploadedFile.Outcome
RECENT = 10
#: In this order they are summed up.
SUMMED = (
    Outcome.IMPORTED,
    Outcome.READABLE,
    Outcome.UNCHANGED,
    Outcome.REFUSED,
    Outcome.FAILED,
    Outcome.SKIPPED,
)


def _bounded(request: HttpRequest) -> bool:
    """Whether the form is no larger than may be; asked before any of it is read."""
    return int(request.META.get("CONTENT_LENGTH") or 0) <= settings.UPLOAD_MB * 1024 * 1024


@csrf_exempt
@member_page("POST", limit="league")
def upload(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, with one's latest uploads; files that come with it are read for a preview."""
    league = league_of(request.user, slug, Role.ORGANISER)
    if request.method != "POST":
        return _form(request, league)
    if not _bounded(request):
        return _form(
            request, league, 413, f"That is more than {settings.UPLOAD_MB} MB: send fewer files at once, or zip them."
        )
    # Files go to the disk, past the bound of other forms. Before the form is read, which the check of its token does.
    request.upload_handlers = [TemporaryFileUploadHandler(request)]
    try:
        return _receive(request, league)
    except TooManyFilesSent:
        return _form(
            request, league, 413, f"That is more than {settings.UPLOAD_FILES:,} files: zip them, or send fewer."
        )


@csrf_protect
def _receive(request: HttpRequest, league: League) -> HttpResponse:
    sent = request.FILES.getlist("files")
    if league.archived_at:
        return _form(request, league, 403, league.why_closed)
    if not sent:
        return _form(request, league, 422, "Choose at least one file.")
    if refusal := consume_or_429(request, action="upload"):
        return refusal
    try:
        made = uploads.receive(league, member(request).pk, sent, replace="replace" in request.POST)
    except Refused as refusal:
        return _form(request, league, 503, str(refusal))
    return redirect("leagues:upload_progress", league.slug, made.pk)


def _form(request: HttpRequest, league: League, status: int = 200, error: str = "") -> HttpResponse:
    mine = Upload.objects.filter(league=league, user=member(request), way=Way.UPLOAD).order_by("-made_at")[:RECENT]
    context = {
        "league": league,
        "role": role_of(request.user, league),
        "error": error,
        "most_mb": settings.UPLOAD_MB,
        "most_files": settings.UPLOAD_FILES,
        "uploads": mine,
    }
    return render(request, "leagues/upload.html", context, status=status)


@member_page()
def progress(request: HttpRequest, slug: str, upload_id: str) -> HttpResponse:
    """How far an upload is, a line for each file; asked again and again while it is being worked on."""
    found = _mine(request, slug, upload_id)
    uploads.go_on(found)
    files = list(found.files.select_related("event"))
    counts = Counter(each.outcome for each in files)
    events = {each.event_id: each.event for each in files if each.event}
    context: dict[str, Any] = {
        "upload": found,
        "league": found.league,
        "role": role_of(request.user, found.league),
        "files": files,
        "working": found.state in uploads.WORKING,
        "previewed": found.state == Upload.State.PREVIEWED,
        "readable": counts[Outcome.READABLE],
        "handled": len(files) - (counts[Outcome.READABLE] if found.state == Upload.State.IMPORTING else 0),
        "summary": [(Outcome(each).label, counts[each]) for each in SUMMED if counts[each]],
        "events": [(event, absolute(of_event(event))) for event in events.values()],
    }
    return show(request, "leagues/upload_progress.html", context)


@require_POST
@member_page("POST", limit="league")
def import_previewed(request: HttpRequest, slug: str, upload_id: str) -> HttpResponse:
    """Imports what was previewed; or, with `discard`, forgets it."""
    found = _mine(request, slug, upload_id)
    if "discard" in request.POST:
        if uploads.discard(found):
            messages.success(request, "Nothing was imported, and the files are forgotten.")
        return redirect("leagues:upload", slug)
    if not uploads.import_previewed(found) and found.league.archived_at:
        messages.error(request, found.league.why_closed)
    return redirect("leagues:upload_progress", slug, upload_id)


def _mine(request: HttpRequest, slug: str, upload_id: str) -> Upload:
    """One's own upload for a league that one organises; raises Http404."""
    organised = leagues_of(request.user, Role.ORGANISER)
    mine = Upload.objects.filter(league__in=organised, user=member(request), way=Way.UPLOAD)
    return get_object_or_404(mine.select_related("league"), league__slug=slug, pk=upload_id)
