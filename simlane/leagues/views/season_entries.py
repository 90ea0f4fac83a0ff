"""A season's entry list and calendar as tables, in and out, and its classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from simlane.leagues.access import season_of
from simlane.leagues.models import Role, Season, SeasonClass
from simlane.leagues.season_forms import ClassForm
from simlane.leagues.seasons import calendar, classes, entry_list, sheets
from simlane.leagues.views.season_rules import season_page
from simlane.results.source import Source
from simlane.sim.errors import Refused
from simlane.users.views.access import member_page


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a season: the module that takes it in and writes it, and where its page is."""

    module: ModuleType
    page: str
    file: str
    title: str
    unit: str


SHEETS = {
    "entries": Sheet(entry_list, "leagues:season_entries", "entries", "Entry list", "driver"),
    "rounds": Sheet(calendar, "leagues:season_calendar", "calendar", "Calendar as a table", "round"),
}


@dataclass(frozen=True, slots=True)
class Preview:
    """What a table would make: how many lines there are then, those that are new, and those that go."""

    count: int
    new: list[str]
    gone: list[str]


@member_page("POST", limit="league")
def entries(request: HttpRequest, slug: str, season: str) -> HttpResponse:
    """The entry list as a table, and the classes."""
    return _sheet(request, season_of(request.user, slug, season, Role.ORGANISER), SHEETS["entries"])


@member_page("POST", limit="league")
def rounds(request: HttpRequest, slug: str, season: str) -> HttpResponse:
    """The calendar as a table."""
    return _sheet(request, season_of(request.user, slug, season, Role.ORGANISER), SHEETS["rounds"])


def _sheet(request: HttpRequest, season: Season, sheet: Sheet) -> HttpResponse:
    """GET shows the table as it is; POST checks or, with `save`, takes what was typed or sent as a file."""
    text: str = sheet.module.written(season)
    errors: list[str] = []
    preview = None
    if request.method == "POST":
        data = _sent(request)
        text = Source("table.csv", data).lenient_text[0].lstrip("\ufeff") if len(data) <= sheets.MOST_BYTES else ""
        try:
            if "save" in request.POST:
                count = sheet.module.take(season, data)
                messages.success(request, f"Saved: {count} {sheet.unit}{'' if count == 1 else 's'}.")
                return redirect(sheet.page, season.league.slug, season.slug)
            preview = _preview(season, sheet, data)
        except Refused as error:
            errors = str(error).splitlines()
    context = {"preview": preview} if preview else {}
    return season_page(
        request,
        "leagues/season_sheet.html",
        season,
        sheet=sheet,
        text=text,
        errors=errors,
        columns=sheet.module.COLUMNS,
        most_lines=sheets.MOST_LINES,
        classes=[(each, ClassForm(instance=each, prefix=f"c{each.pk}")) for each in season.classes.all()],
        new_class=ClassForm(prefix="c0"),
        **context,
    )


def _sent(request: HttpRequest) -> bytes:
    """The file, or else what stands in the field; of a file too large no more than tells that it is."""
    file: UploadedFile[Any] | None = request.FILES.get("file")
    if file:
        return bytes(file.read(sheets.MOST_BYTES + 1))
    return request.POST.get("table", "").encode("utf-8", "replace")


def _preview(season: Season, sheet: Sheet, data: bytes) -> Preview:
    """What the table would make of the season: it is taken, looked at and taken back. Raises Refused."""
    write: Callable[[Season], str] = sheet.module.written
    with transaction.atomic():
        before = write(season).splitlines()[1:]
        count = sheet.module.take(season, data)
        after = write(season).splitlines()[1:]
        transaction.set_rollback(True)
    was, will = set(before), set(after)
    return Preview(count, [line for line in after if line not in was], [line for line in before if line not in will])


@member_page()
def download(request: HttpRequest, slug: str, season: str, sheet: str) -> HttpResponse:
    """The entry list or the calendar as a file."""
    found = season_of(request.user, slug, season, Role.ORGANISER)
    chosen = SHEETS[sheet]
    answer = HttpResponse(chosen.module.written(found), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{slug}-{season}-{chosen.file}.csv"'
    return answer


@require_POST
@member_page("POST", limit="league")
def fill(request: HttpRequest, slug: str, season: str) -> HttpResponse:
    """Enters who has driven and is not on the list."""
    found = season_of(request.user, slug, season, Role.ORGANISER)
    try:
        count = entry_list.fill(found)
    except Refused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{count} driver{'' if count == 1 else 's'} entered who had driven.")
    return redirect("leagues:season_entries", slug, season)


@require_POST
@member_page("POST", limit="league")
def season_class(request: HttpRequest, slug: str, season: str, class_id: int) -> HttpResponse:
    """Changes or removes a class; 0 makes one."""
    found = season_of(request.user, slug, season, Role.ORGANISER)
    known = get_object_or_404(found.classes, pk=class_id) if class_id else SeasonClass()
    known.season = found
    act = request.POST.get("act", "")
    if act not in {"keep", "remove"} or (act == "remove" and not class_id):
        raise BadRequest("Choose what is to be done with the class: keep or remove. Nothing was changed.")
    form = ClassForm(request.POST, instance=known, prefix=f"c{class_id}")
    try:
        if act == "remove":
            classes.remove(known)
            messages.success(request, "The class is removed. The standings follow.")
        elif form.is_valid():
            classes.keep(form.save(commit=False))
            messages.success(request, f"The class “{known.name}” is saved. The standings follow.")
        else:
            messages.error(request, " ".join(f"{text}" for errors in form.errors.values() for text in errors))
    except Refused as error:
        messages.error(request, str(error))
    return redirect("leagues:season_entries", slug, season)
