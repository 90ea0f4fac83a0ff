"""What a member may write about themselves."""

from django import forms

from simlane.users.models import User


class GeneralForm(forms.ModelForm):
    """The names of an account; they stand in public on profiles it proved, and nowhere else."""

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name")
