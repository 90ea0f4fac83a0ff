"""The forms of a season's organisers."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from simlane.leagues.forms import INPUT, TEXT
from simlane.leagues.models import PointsTable, Round, Season, SeasonClass
from simlane.leagues.seasons.calendar import zone_of
from simlane.leagues.seasons.tables import PRESETS
from simlane.results.readers.fields import cleaned
from simlane.results.readers.simlane_csv.columns import date
from simlane.results.source import ResultFileError
from simlane.sim.identity.names import fold
from simlane.sim.models import Event, Track
from simlane.web.moments import day

SELECT = {"class": "select w-full"}
CHECKBOX = {"class": "checkbox"}
_PRESETS = [(key, each.name) for key, each in PRESETS.items()]


def _readable(name: str) -> str:
    """On one line. Raises ValidationError when nobody would see it."""
    found = cleaned(name)
    if not fold(found):
        raise ValidationError("Write a name that can be read.")
    return found


class _Dressed(forms.ModelForm):
    """Fields in the site's look."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        looks = {forms.Select: SELECT, forms.CheckboxInput: CHECKBOX, forms.Textarea: TEXT | {"rows": 4}}
        for field in self.fields.values():
            for widget, look in looks.items():
                if isinstance(field.widget, widget):
                    field.widget.attrs.update(look)
                    break
            else:
                field.widget.attrs.update(INPUT)

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        return _readable(name) if name or self.fields["name"].required else ""


class NewSeasonForm(_Dressed):
    """A season from nothing. Its address is chosen once, since others have written it down."""

    slug = forms.CharField(
        max_length=60,
        required=False,
        label="Address",
        help_text="Small letters, digits and hyphens. Empty, it is made of the name. It stays as it is.",
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    preset = forms.ChoiceField(
        choices=_PRESETS, initial="f1", label="Points of", help_text="For every race, to begin with"
    )

    class Meta:
        model = Season
        fields = ("name", "slug", "simulator", "preset", "description")
        help_texts = {"description": "Plain text, at most 4,000 characters.", "simulator": "It stays as it is."}

    def clean_slug(self) -> str:
        """As it stands in the address. Raises ValidationError when nothing of it could."""
        typed = str(self.cleaned_data.get("slug") or "")
        slug = typed.lower() or slugify(str(self.cleaned_data.get("name", "")))[:60].strip("-")
        if not slug or slug != slugify(slug):
            raise ValidationError("Write an address of at most 60 small letters, digits and hyphens.")
        return slug


class RulesForm(_Dressed):
    """What a season says of itself, its state, and how it is scored and added up."""

    class Meta:
        model = Season
        fields = (
            "name", "description", "state", "scope", "drop_rounds", "team_drop_rounds", "drops_disqualified",
            "team_cars", "minimum_distance", "listed_only", "tie_break",
        )  # fmt: skip
        help_texts = {
            "state": "A draft is seen by the league's people only. A final season takes no new results by itself.",
        }


class RoundForm(_Dressed):
    """A round as it is planned."""

    when = forms.CharField(max_length=40, required=False, label="Planned start")
    where = forms.CharField(
        max_length=255,
        required=False,
        label="Track",
        help_text="One that is known here, or any text",
        widget=forms.TextInput({"list": "tracks"}),
    )

    class Meta:
        model = Round
        fields = ("number", "name", "when", "where", "percent", "may_drop", "cancelled")
        help_texts = {"number": "Where another round has this number, it and those behind it move on."}

    def __init__(self, *args: Any, season: Season, tracks: Iterable[Track], **options: Any) -> None:
        planned: Round | None = options.get("instance")
        if planned is not None and planned.pk:
            options["initial"] = {
                "when": f"{planned.starts_at:%Y-%m-%d %H:%M} UTC" if planned.starts_at else "",
                "where": str(planned.track) if planned.track else planned.track_name,
            }
        super().__init__(*args, **options)
        self._zone = zone_of(season)
        self._tracks = {fold(str(track)): track for track in tracks}
        self.fields["number"].widget.attrs["min"] = 1
        zone = season.league.time_zone
        self.fields["when"].label = f"Planned start ({zone})"
        self.fields["when"].help_text = (
            f"As 2026-03-01 20:30, in {zone}, or with a zone of its own: 2026-03-01 20:30 UTC. Without a time it is "
            "that day, in every zone."
        )

    def clean_number(self) -> int:
        number = int(self.cleaned_data["number"])
        if not 1 <= number <= 1000:
            raise ValidationError("A round's number is 1 to 1000.")
        return number

    def clean_when(self) -> None:
        """In UTC; read as in a calendar's table. Raises ValidationError."""
        typed = cleaned(str(self.cleaned_data["when"]))
        try:
            self.instance.starts_at = date(typed, self._zone, is_planned=True)[0] if typed else None
        except ResultFileError as error:
            raise ValidationError(f"{error.what}.") from error

    def clean_where(self) -> None:
        """A track that is known, or else what was typed."""
        typed = cleaned(str(self.cleaned_data["where"]))
        self.instance.track = self._tracks.get(fold(typed))
        self.instance.track_name = "" if self.instance.track else typed


class EventForm(forms.Form):
    """Which of the league's events a round became."""

    event = forms.ModelChoiceField(
        Event.objects.none(), required=False, empty_label="None, and none is looked for", label="Event"
    )

    def __init__(self, *args: Any, events: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["event"]
        field.queryset = events  # type: ignore[attr-defined]
        field.label_from_instance = _event_label  # type: ignore[attr-defined]
        field.widget.attrs.update(SELECT)


def _event_label(event: Event) -> str:
    return f"{day(event.listed_at)} {event.name} {event.track or ''}".strip()


class PointsForm(_Dressed):
    """A points table, its places in a line."""

    points = forms.CharField(
        max_length=4000,
        label="Points by place",
        help_text="From the first place on, parted by spaces: 25 18 15 12.5",
        widget=forms.Textarea,
    )

    class Meta:
        model = PointsTable
        fields = (
            "name", "counts_for", "points", "pole", "fastest_lap", "fastest_lap_top", "lap_led", "most_laps_led",
        )  # fmt: skip

    def clean_points(self) -> list[Decimal]:
        """Exact numbers; how many and how large they may be is seasons.tables' to say. Raises ValidationError."""
        found = []
        for place, each in enumerate(str(self.cleaned_data["points"]).replace(";", " ").split(), 1):
            try:
                found.append(Decimal(each.rstrip(",").replace(",", ".")))
            except InvalidOperation:
                raise ValidationError(f"Place {place}: “{each[:20]}” is no number of points.") from None
        return found


class NewPointsForm(_Dressed):
    """Another table, with what a preset gives to begin with."""

    preset = forms.ChoiceField(choices=_PRESETS, label="Points of")

    class Meta:
        model = PointsTable
        fields = ("name", "counts_for", "preset")


class PresetForm(forms.Form):
    """What a table is filled with."""

    preset = forms.ChoiceField(choices=_PRESETS, label="Points of", widget=forms.Select(SELECT))


class ClassForm(_Dressed):
    """A class of the season."""

    class Meta:
        model = SeasonClass
        fields = ("name", "number", "file_names")
        labels = {"number": "Place in the list", "file_names": "Names in result files"}
        help_texts = {"file_names": "One a line, beside its own name"}
