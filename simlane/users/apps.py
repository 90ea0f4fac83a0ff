from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "simlane.users"
    label = "users"
