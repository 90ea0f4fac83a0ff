from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    name = "simlane.profiles"
    label = "profiles"
