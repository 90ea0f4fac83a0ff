"""Where django-allauth looks for providers: ours for Steam and iRacing; Discord's is its own."""

from simlane.users.platforms.iracing import IRacingProvider
from simlane.users.platforms.steam import SteamProvider

provider_classes = [SteamProvider, IRacingProvider]
