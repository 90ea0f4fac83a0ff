from django.apps import AppConfig


class PlatformsConfig(AppConfig):
    name = "simlane.users.platforms"
    label = "platforms"
    default = True


class OpenIDConfig(AppConfig):
    """allauth's tables of OpenID, with the keys its migrations gave them; it says no type for them itself."""

    name = "allauth.socialaccount.providers.openid"
    default_auto_field = "django.db.models.AutoField"
