"""Accounts. A person's sim profiles are not here: a profile belongs to nobody, it only points at an account."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """An account on SimLane."""
