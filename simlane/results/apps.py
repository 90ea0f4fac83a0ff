from django.apps import AppConfig


class ResultsConfig(AppConfig):
    name = "simlane.results"
    label = "results"

    def ready(self) -> None:
        from django.core import checks

        from simlane.results.checks import DECISIONS, NAMES, RESULT_FILES, RULINGS, SCOPES, VERSIONS
        from simlane.results.keeping import folder_is_usable
        from simlane.sim import integrity
        from simlane.sim.database import append_only

        checks.register(folder_is_usable)
        integrity.register(RESULT_FILES)
        integrity.register(VERSIONS)
        integrity.register(SCOPES)
        integrity.register(DECISIONS)
        integrity.register(RULINGS)
        integrity.register(NAMES)
        for table in ("results_decision", "results_ruling", "results_namedecision"):
            append_only.register(table, "Decisions about results are only added: none is ever changed or deleted.")
