"""The forms of the members' pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from simlane.sim.errors import Refused
from simlane.sim.ownership.claims import MAX_PICTURES
from simlane.sim.ownership.pictures import MAX_BYTES, Picture, read_picture
from simlane.users.models import User


class GeneralForm(forms.ModelForm):
    """The names of an account; they stand in public on profiles it proved, and nowhere else."""

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name")


class PicturesInput(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile]:
        """Every file that was chosen."""
        return list(files.getlist(name))


class PicturesField(forms.FileField):
    """Up to three pictures, read and written anew: `cleaned_data` holds sim.ownership.pictures.Picture."""

    widget = PicturesInput(
        attrs={"multiple": True, "accept": "image/jpeg,image/png,image/webp", "class": "file-input w-full"}
    )

    def clean(self, data: Any, initial: Any = None) -> list[Picture]:
        files: list[UploadedFile] = [each for each in (data or []) if each]
        if len(files) > MAX_PICTURES:
            raise ValidationError(f"Send at most {MAX_PICTURES} pictures; you chose {len(files)}.")
        pictures = []
        for file in files:
            try:
                # One byte more than may be: a bigger one is refused without being read whole.
                pictures.append(read_picture(file.read(MAX_BYTES + 1), file.name or "picture"))
            except Refused as error:
                raise ValidationError(str(error)) from error
        return pictures


class ClaimForm(forms.Form):
    """Why a profile is theirs, for the staff."""

    message = forms.CharField(
        min_length=20,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6, "class": "textarea w-full"}),
        label="Why is this profile yours?",
        help_text="20 to 2,000 characters. Only the site's staff read it.",
        error_messages={"required": "Say why this profile is yours."},
    )
    pictures = PicturesField(
        required=False,
        label="Pictures",
        help_text="Up to three, JPEG, PNG or WebP, 5 MB each: your account's page on the platform, for example.",
    )
