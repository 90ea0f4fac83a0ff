"""The staff's form of a league: what it says of itself, and whether it is stopped."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextChoices

from simlane.leagues import stopping
from simlane.sim.models import League


class Act(TextChoices):
    """What staff may do with a league as it is."""

    STOP = "stop", "Stop it: nothing comes in any more, its results stand"
    WITHDRAW = "withdraw", "Stop it, and withdraw its results"
    RESUME = "resume", "Open it again"
    BRING_BACK = "bring_back", "Open it again, and bring back what was withdrawn with it"


STOPS = (Act.STOP, Act.WITHDRAW)
RESUMES = (Act.RESUME, Act.BRING_BACK)


class StaffLeagueForm(forms.ModelForm):  # type: ignore[type-arg]
    """A league, with a choice of stopping it or opening it again, and why."""

    act = forms.ChoiceField(required=False, label="Stop or open again")
    reason = forms.CharField(
        required=False, max_length=500, label="Why", help_text="Those who run the league are told.", strip=True
    )

    class Meta:
        model = League
        fields = ("name",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        acts = () if not self.instance.pk else RESUMES if self.instance.stopped_at else STOPS
        self.fields["act"].choices = [("", "Leave it as it is"), *((each.value, each.label) for each in acts)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for an act without a reason."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("act") and not given.get("reason"):
            raise ValidationError({"reason": stopping.NO_REASON})
        return given
