"""Accounts and their notifications."""

from simlane.users.models.account import Daily, User, search_key
from simlane.users.models.notifications import MailChoice, Notification

__all__ = ["Daily", "MailChoice", "Notification", "User", "search_key"]
