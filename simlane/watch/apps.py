from django.apps import AppConfig


class WatchConfig(AppConfig):
    name = "simlane.watch"
    label = "watch"

    def ready(self) -> None:
        from django.core.signals import request_finished

        from simlane.sim.search import searched
        from simlane.watch.middleware import forget_id
        from simlane.watch.recording import search

        request_finished.connect(forget_id, dispatch_uid="watch")
        searched.connect(search, dispatch_uid="watch")
