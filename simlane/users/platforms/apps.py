from django.apps import AppConfig


class PlatformsConfig(AppConfig):
    name = "simlane.users.platforms"
    label = "platforms"
