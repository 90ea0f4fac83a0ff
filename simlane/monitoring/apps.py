from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "simlane.monitoring"
    # What its tables are called.
    label = "watch"

    def ready(self) -> None:
        from django.core.signals import request_finished

        from simlane.monitoring.middleware import forget_id
        from simlane.monitoring.recording import search
        from simlane.sim.search.query import searched

        request_finished.connect(forget_id, dispatch_uid="monitoring")
        searched.connect(search, dispatch_uid="monitoring")
