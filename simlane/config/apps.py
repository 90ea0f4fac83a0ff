from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "simlane.config"
    label = "config"

    def ready(self) -> None:
        from django.core import checks
        from django.db.backends.signals import connection_created

        from simlane.config.deploy_checks import mail_server_is_named, site_is_named
        from simlane.config.pages import versions
        from simlane.sim.partitions.ahead import extend_daily
        from simlane.users.daily import WORK

        checks.register(mail_server_is_named, deploy=True)
        checks.register(site_is_named, deploy=True)
        connection_created.connect(versions.watch, dispatch_uid="config")
        WORK["extend_laps"] = extend_daily
