from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "simlane.config"
    label = "config"
