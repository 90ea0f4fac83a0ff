"""A league's people, tokens and uploads, its seasons and their standings. The league itself is in sim.models."""

from simlane.leagues.models.entry_lists import SeasonEntry, Team
from simlane.leagues.models.incidents import Incident
from simlane.leagues.models.names import NameRequest
from simlane.leagues.models.people import Invitation, Membership, Role
from simlane.leagues.models.points import PlacePoints, PointsTable
from simlane.leagues.models.reports import Report
from simlane.leagues.models.rounds import Round, RoundRace
from simlane.leagues.models.seasons import Season, SeasonClass, StandingsDue
from simlane.leagues.models.standings import Standing
from simlane.leagues.models.tokens import Token
from simlane.leagues.models.uploads import Upload, UploadedFile

__all__ = [
    "Incident",
    "Invitation",
    "Membership",
    "NameRequest",
    "PlacePoints",
    "PointsTable",
    "Report",
    "Role",
    "Round",
    "RoundRace",
    "Season",
    "SeasonClass",
    "SeasonEntry",
    "Standing",
    "StandingsDue",
    "Team",
    "Token",
    "Upload",
    "UploadedFile",
]
