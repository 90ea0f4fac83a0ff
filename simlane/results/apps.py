from django.apps import AppConfig


class ResultsConfig(AppConfig):
    name = "simlane.results"
    label = "results"

    def ready(self) -> None:
        from simlane.results.checks import RESULT_FILES
        from simlane.sim import integrity

        integrity.register(RESULT_FILES)
