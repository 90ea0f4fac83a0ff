"""Which result files came in, what was decided about them, their names and their results."""

from simlane.results.models.files import Decision, NewProfiles, ResultFile, SessionFile, Way
from simlane.results.models.names import Detachment, NameDecision
from simlane.results.models.rulings import DrivenSession, Ruling, RulingOutcome, SessionVersion

__all__ = [
    "Decision",
    "Detachment",
    "DrivenSession",
    "NameDecision",
    "NewProfiles",
    "ResultFile",
    "Ruling",
    "RulingOutcome",
    "SessionFile",
    "SessionVersion",
    "Way",
]
