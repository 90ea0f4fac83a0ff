"""A season's points tables."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from simlane.leagues.access import season_of
from simlane.leagues.models import PointsTable, Role
from simlane.leagues.season_forms import NewPointsForm, PointsForm, PresetForm
from simlane.leagues.seasons import tables
from simlane.leagues.views.season_rules import season_page
from simlane.sim.errors import Refused
from simlane.users.views.access import member_page


@member_page("POST", limit="league")
def table_list(request: HttpRequest, slug: str, season: str) -> HttpResponse:
    """All tables; POST adds one."""
    found = season_of(request.user, slug, season, Role.ORGANISER)
    form = NewPointsForm(request.POST if request.method == "POST" else None, instance=PointsTable(season=found))
    if request.method == "POST" and form.is_valid():
        table = form.save(commit=False)
        try:
            tables.add(table, form.cleaned_data["preset"])
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"The table “{table.name}” is made.")
            return redirect("leagues:season_table", slug, season, table.pk)
    every = found.points_tables.prefetch_related("places")
    return season_page(request, "leagues/season_points.html", found, form=form, tables=every)


@member_page("POST", limit="league")
def one_table(request: HttpRequest, slug: str, season: str, table_id: int) -> HttpResponse:
    """One table: `act` says whether it is changed, filled with a preset, or goes."""
    found = season_of(request.user, slug, season, Role.ORGANISER)
    table = get_object_or_404(found.points_tables, pk=table_id)
    table.season = found
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if request.method == "POST" and act not in {"change", "preset", "remove"}:
        raise BadRequest("Choose what is to be done with the table: change, preset or remove.")
    name = table.name
    places = " ".join(str(each) for each in table.places.values_list("points", flat=True))
    form = PointsForm(request.POST if act == "change" else None, instance=table, initial={"points": places})
    preset = PresetForm(request.POST if act == "preset" else None)
    try:
        if act == "change" and form.is_valid():
            tables.change(form.save(commit=False), form.cleaned_data["points"])
        elif act == "preset" and preset.is_valid():
            tables.refill(table, preset.cleaned_data["preset"])
        elif act == "remove":
            tables.remove(table)
            messages.success(request, f"The table “{name}” is removed. The standings follow.")
            return redirect("leagues:season_points", slug, season)
    except Refused as error:
        if act == "remove":
            messages.error(request, str(error))
        else:
            (form if act == "change" else preset).add_error(None, str(error))
    if act and not (form.errors or preset.errors or act == "remove"):
        messages.success(request, "Saved. The standings follow.")
        return redirect("leagues:season_table", slug, season, table_id)
    return season_page(
        request, "leagues/season_table.html", found, table=table, name=name, form=form, preset_form=preset
    )
