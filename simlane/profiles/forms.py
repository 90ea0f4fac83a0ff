"""The form in which a steward decides about an entry."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from simlane.results.deciding import MAX_REASON
from simlane.results.models import Ruling
from simlane.results.parsed import ParsedSession
from simlane.results.readers.fields import cleaned
from simlane.results.rulings.fitting import Target

Kind = Ruling.Kind
INPUT = {"class": "input w-full"}
#: As a person writes them: 2.5 seconds, and of everything else whole ones.
SECONDS = re.compile(r"\d{1,6}(\.\d{1,3})?", re.ASCII)
WHOLE = re.compile(r"-?\d{1,6}", re.ASCII)
KINDS = (
    (Kind.TIME, "Time penalty: seconds"),
    (Kind.PLACES, "Position penalty: positions"),
    (Kind.DISQUALIFIED, "Disqualified"),
    (Kind.POINTS, "Points, with a minus to take them"),
    (Kind.LAP, "Lap deleted: the lap's number"),
    (Kind.REMOVED, "Entry removed"),
    (Kind.DRIVER, "Another driver drove it"),
)


class RulingForm(forms.Form):
    """What is decided about which entry of a session, as its file has them."""

    field_order = ("entry", "kind", "amount", "reason", "driver_name", "driver_id", "seat", "final")
    entry = forms.TypedChoiceField(
        coerce=int,
        label="About",
        help_text="As the file lists them.",
        widget=forms.Select({"class": "select w-full"}),
    )
    kind = forms.ChoiceField(choices=KINDS, label="Decision", widget=forms.Select({"class": "select w-full"}))
    amount = forms.CharField(
        required=False,
        max_length=20,
        label="How much",
        help_text="Seconds, positions, points or the lap; nothing for the other decisions.",
        widget=forms.TextInput(INPUT | {"inputmode": "decimal", "autocomplete": "off"}),
    )
    driver_name = forms.CharField(
        required=False,
        max_length=255,
        label="Who drove it",
        help_text="A name, if another driver drove it.",
        widget=forms.TextInput(INPUT | {"autocomplete": "off"}),
    )
    driver_id = forms.CharField(
        required=False,
        max_length=255,
        label="Their platform id",
        help_text="Their profile gets the result; without an id it is nobody's.",
        widget=forms.TextInput(INPUT | {"autocomplete": "off"}),
    )
    seat = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=100,
        label="Seat",
        help_text="Whose drive it was, of a crew: 1 is who the file names first. Empty is 1.",
        widget=forms.NumberInput(INPUT),
    )
    reason = forms.CharField(
        max_length=MAX_REASON,
        label="Why",
        help_text=f"Everybody can read it. At most {MAX_REASON} characters.",
        widget=forms.Textarea({"class": "textarea w-full", "rows": 3}),
    )
    final = forms.BooleanField(
        required=False,
        label="Final at once",
        help_text="Otherwise it is provisional until a steward makes it final.",
        widget=forms.CheckboxInput({"class": "checkbox"}),
    )

    def __init__(self, session: ParsedSession, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        entry = self.fields["entry"]
        assert isinstance(entry, forms.TypedChoiceField)  # noqa: S101
        entry.choices = [(row, _label(row, each)) for row, each in enumerate(session.entries)]

    def clean_driver_name(self) -> str:
        return cleaned(str(self.cleaned_data["driver_name"]))

    def clean(self) -> dict[str, Any]:
        """With `value`, as a ruling has it. Raises ValidationError for an amount that is no number."""
        data = super().clean() or {}
        kind, amount = data.get("kind"), data.get("amount", "").replace("−", "-").replace(",", ".")
        data["value"] = (data.get("seat") or 1) - 1 if kind == Kind.DRIVER else None
        if kind in (Kind.TIME, Kind.PLACES, Kind.POINTS, Kind.LAP):
            pattern = SECONDS if kind == Kind.TIME else WHOLE
            if not pattern.fullmatch(amount):
                self.add_error("amount", ValidationError("Write a number: 5, or 2.5 for seconds."))
            else:
                data["value"] = int(Decimal(amount) * (1000 if kind == Kind.TIME else 1))
        return data


def _label(row: int, entry: Any) -> str:
    place = f"P{entry.position}" if entry.position else "–"
    return f"{place} {Target.of(row, entry)}"
