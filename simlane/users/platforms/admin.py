"""Keys come from the environment, tokens are not kept: no pages for staff that suggest otherwise."""

import allauth.socialaccount.admin
import allauth.socialaccount.providers.openid.admin  # noqa: F401 - registered there, taken back here
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.socialaccount.providers.openid.models import OpenIDNonce, OpenIDStore
from django.contrib import admin

admin.site.unregister([SocialApp, SocialToken, OpenIDNonce, OpenIDStore])
