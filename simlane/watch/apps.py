from django.apps import AppConfig


class WatchConfig(AppConfig):
    name = "simlane.watch"
    label = "watch"

    def ready(self) -> None:
        from simlane.sim.search import searched
        from simlane.watch.recording import search

        searched.connect(search, dispatch_uid="watch")
