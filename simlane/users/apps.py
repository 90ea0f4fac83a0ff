"""Accounts, and what their room registers with the domain: receivers, names to search, rows to delete."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "simlane.users"
    label = "users"

    def ready(self) -> None:
        from simlane.results.importer import imported
        from simlane.sim.career.changes import results_came_in, results_changed
        from simlane.sim.database import deleted_accounts, full_text
        from simlane.sim.ownership.events import ownership_changed
        from simlane.sim.search import accounts
        from simlane.users.account_deletion import ROWS
        from simlane.users.notifications.recording import record, record_refused
        from simlane.users.notifications.results import record_results, take_back
        from simlane.users.search import FULL_TEXT, SearchKeys

        ownership_changed.connect(record, dispatch_uid="simlane.users.notifications")
        imported.connect(record_refused, dispatch_uid="simlane.users.notifications")
        results_came_in.connect(record_results, dispatch_uid="simlane.users.notifications")
        results_changed.connect(take_back, dispatch_uid="simlane.users.notifications")
        deleted_accounts.register(ROWS)
        full_text.register(FULL_TEXT)
        accounts.register(SearchKeys())
