"""Accounts, their notifications, and whom they follow."""

from simlane.users.models.account import Daily, User, search_key
from simlane.users.models.follows import Follow
from simlane.users.models.notifications import MailChoice, Notification

__all__ = ["Daily", "Follow", "MailChoice", "Notification", "User", "search_key"]
