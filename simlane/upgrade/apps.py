from django.apps import AppConfig


class UpgradeConfig(AppConfig):
    name = "simlane.upgrade"
    label = "upgrade"
