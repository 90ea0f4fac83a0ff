"""Leagues: their people, tokens and uploads, and what their room registers with those below it."""

from django.apps import AppConfig


class LeaguesConfig(AppConfig):
    name = "simlane.leagues"
    label = "leagues"

    def ready(self) -> None:
        from django.contrib.auth import get_user_model
        from django.db.models.signals import pre_delete

        from simlane.leagues import finding, personal_data, stopping, trust, uploads
        from simlane.leagues.access import judged_events, own_events
        from simlane.leagues.account_rows import ROWS, forget_addresses
        from simlane.leagues.models import Standing
        from simlane.leagues.seasons import due, renewing
        from simlane.leagues.seasons.beside import rounds_beside
        from simlane.leagues.seasons.checks import STANDINGS
        from simlane.leagues.seasons.of_driver import seasons_of
        from simlane.profiles.finding import GROUPS
        from simlane.profiles.rollout import GATED
        from simlane.profiles.views import detail
        from simlane.profiles.views.events import BESIDE
        from simlane.results import deciders
        from simlane.sim import integrity
        from simlane.sim.career.changes import register_derived, results_changed
        from simlane.sim.database import deleted_accounts
        from simlane.sim.ownership.merging import drives_moved
        from simlane.users.daily import WORK
        from simlane.users.personal_data import SECTIONS

        deleted_accounts.register(ROWS)
        SECTIONS.update(personal_data.SECTIONS)
        GATED.add(self.label)
        GROUPS.update(leagues=finding.LEAGUES, teams=finding.TEAMS)
        BESIDE["season"] = rounds_beside
        detail.BESIDE["seasons"] = seasons_of
        deciders.VERSIONS.register(own_events)
        deciders.RULINGS.register(judged_events)
        register_derived(Standing)
        integrity.register(STANDINGS)
        results_changed.connect(due.note_events, dispatch_uid="simlane.leagues")
        drives_moved.connect(due.note_profiles, dispatch_uid="simlane.leagues")
        WORK["finish_recounts"] = trust.finish_recounts
        WORK["finish_stops"] = stopping.finish
        WORK["finish_standings"] = renewing.finish_due
        WORK["finish_uploads"] = uploads.go_on_with_all
        WORK["forget_uploads"] = uploads.forget_old
        pre_delete.connect(forget_addresses, sender=get_user_model(), dispatch_uid="simlane.leagues")
