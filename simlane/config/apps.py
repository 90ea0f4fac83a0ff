from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "simlane.config"
    label = "config"

    def ready(self) -> None:
        from django.core import checks

        from simlane.config.deploy_checks import mail_server_is_named, site_is_named

        checks.register(mail_server_is_named, deploy=True)
        checks.register(site_is_named, deploy=True)
