"""The forms of a league's pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from simlane.leagues.models import Incident, Report
from simlane.leagues.models.people import INVITED, Role
from simlane.results.readers.fields import cleaned
from simlane.results.timezones import UnknownTimezoneError, timezone_of
from simlane.sim.identity.identifiers import KINDS, IdentifierKind
from simlane.sim.identity.names import fold
from simlane.sim.models import League, Session, Simulator

INPUT = {"class": "input w-full"}
TEXT = {"class": "textarea w-full"}


class LeagueForm(forms.ModelForm):
    """What a league says of itself. Its address is chosen once, since others have written it down."""

    slug = forms.CharField(
        max_length=60,
        required=False,
        label="Address",
        help_text="Small letters, digits and hyphens, as in /leagues/sunday-cup/. Empty, it is made of the name. It "
        "stays as it is.",
        widget=forms.TextInput(INPUT | {"autocapitalize": "none", "spellcheck": "false"}),
    )
    website = forms.URLField(
        required=False, assume_scheme="https", help_text="Begins with https://", widget=forms.URLInput(INPUT)
    )
    discord = forms.URLField(
        required=False,
        assume_scheme="https",
        label="Discord",
        help_text="An invitation, as https://discord.gg/…",
        widget=forms.URLInput(INPUT),
    )

    class Meta:
        model = League
        fields = ("name", "slug", "description", "time_zone", "website", "discord")
        labels = {"description": "About the league", "time_zone": "Time zone of its servers"}
        help_texts = {
            "description": "Plain text, at most 4,000 characters.",
            "time_zone": "Result files give the server's own clock: Europe/Rome, America/New_York, +09:00.",
        }
        widgets = {
            "name": forms.TextInput(INPUT),
            "description": forms.Textarea(TEXT | {"rows": 6}),
            "time_zone": forms.TextInput(INPUT),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["slug"]

    def clean_name(self) -> str:
        """On one line, as names in result files. Raises ValidationError when nobody would see it."""
        name = cleaned(str(self.cleaned_data["name"]))
        if not fold(name):
            raise ValidationError("Write a name that can be read.")
        return name

    def clean_slug(self) -> str:
        """As it stands in the address. Raises ValidationError when nothing of it could."""
        typed = str(self.cleaned_data.get("slug") or "")
        slug = typed.lower() or slugify(str(self.cleaned_data.get("name", "")))[:60].strip("-")
        if not slug or slug != slugify(slug) or len(slug) > 60:
            raise ValidationError("Write an address of at most 60 small letters, digits and hyphens.")
        return slug

    def clean_time_zone(self) -> str:
        """A zone that is known. Raises ValidationError."""
        zone = str(self.cleaned_data["time_zone"]).strip()
        try:
            timezone_of(zone)
        except UnknownTimezoneError as error:
            raise ValidationError(str(error)) from error
        return zone


class InvitationForm(forms.Form):
    """Whom to invite: without an address there is only a link to hand on."""

    email = forms.EmailField(
        required=False,
        label="E-mail address",
        help_text="Empty: you get a link to hand on yourself.",
        widget=forms.EmailInput(INPUT | {"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        choices=[(each.value, each.label) for each in INVITED],
        initial=Role.ORGANISER,
        label="As",
        widget=forms.Select({"class": "select w-full"}),
    )


class TokenForm(forms.Form):
    """What a token is for."""

    name = forms.CharField(
        max_length=80,
        label="What is it for?",
        help_text="The server that uses it, for example: you see it in the list.",
        widget=forms.TextInput(INPUT),
    )


class ReportForm(forms.ModelForm):
    """What is wrong with an event."""

    class Meta:
        model = Report
        fields = ("kind", "message")
        labels = {"kind": "What is it?", "message": "Say what is wrong"}
        help_texts = {"message": "Which session, which driver, and what it should say. At most 2,000 characters."}
        widgets = {
            "kind": forms.Select({"class": "select w-full"}),
            "message": forms.Textarea(TEXT | {"rows": 6}),
        }


class IncidentForm(forms.ModelForm):
    """What happened, in which of the event's sessions."""

    session = forms.TypedChoiceField(coerce=int, widget=forms.Select({"class": "select w-full"}))

    class Meta:
        model = Incident
        fields = ("session", "lap", "involved", "message")
        labels = {"lap": "Lap", "involved": "Who was in it", "message": "What happened"}
        help_texts = {
            "lap": "If you know it.",
            "involved": "Car numbers or names, yours too.",
            "message": "Where, and what each of you did. At most 2,000 characters.",
        }
        widgets = {
            "lap": forms.NumberInput(INPUT | {"min": 1, "max": 99_999}),
            "involved": forms.TextInput(INPUT),
            "message": forms.Textarea(TEXT | {"rows": 6}),
        }

    def __init__(self, *args: Any, sessions: list[Session], **options: Any) -> None:
        super().__init__(*args, **options)
        self._names = {session.number: session.name for session in sessions}
        field = self.fields["session"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101
        field.choices = list(self._names.items())

    def clean_lap(self) -> int | None:
        """Raises ValidationError for a lap that nobody drives."""
        lap: int | None = self.cleaned_data["lap"]
        if lap is not None and not 1 <= lap <= 99_999:
            raise ValidationError("Write the lap's number.")
        return lap

    def clean_session(self) -> int:
        """With its name, which stays with the report."""
        number: int = self.cleaned_data["session"]
        self.instance.session_name = self._names[number]
        return number


class NotMeForm(ReportForm):
    """The same for who drove in the event by a verified profile: which of its drives it is about."""

    drive = forms.ChoiceField(
        required=False,
        label="What did you not drive?",
        help_text="Once an organiser or the site's staff agree, it does not count for your profile.",
        widget=forms.Select({"class": "select w-full"}),
    )
    field_order = ("kind", "drive", "message")

    def __init__(self, *args: Any, drives: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        chosen: Any = self.fields["drive"]
        chosen.choices = [("", "Something else"), *drives]
        self.initial.setdefault("drive", drives[0][0])


class AnswerForm(forms.Form):
    """What was done about a report."""

    answer = forms.CharField(
        max_length=2000, label="Answer", widget=forms.Textarea(TEXT | {"rows": 3}), help_text="They are told."
    )


class TieForm(forms.Form):
    """The platform's id of who drives under a name."""

    identifier = forms.CharField(
        max_length=300, label="Platform id", widget=forms.TextInput(INPUT | {"autocomplete": "off"})
    )

    def __init__(self, *args: Any, simulator: Simulator, **options: Any) -> None:
        super().__init__(*args, **options)
        looks_like = KINDS[IdentifierKind(simulator.identifier_kind)].looks_like
        self.fields["identifier"].help_text = f"As the entry list has it, on {simulator.name}: {looks_like}."


class AskForm(forms.Form):
    """The member who is asked whether a name is theirs."""

    username = forms.CharField(
        max_length=150,
        label="Username of a member",
        help_text="They are told, and say which of their verified profiles it is, or that it is somebody else.",
        widget=forms.TextInput(INPUT | {"autocomplete": "off", "autocapitalize": "none"}),
    )
