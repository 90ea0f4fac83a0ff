"""The integrity checks of imported result files."""

from __future__ import annotations

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from simlane.results.models import Detachment, ResultFile, Ruling, SessionFile
from simlane.sim.integrity import SHOWN, Broken, Check
from simlane.sim.models import EntryDriver, Event, Session
from simlane.sim.models.leagues import SHARED


def _files_twice() -> Broken:
    each = ResultFile.objects.values_list("content_sha256", "scope").order_by()
    twice = each.annotate(files=Count("pk")).filter(files__gt=1)
    count = twice.count()
    return count, [digest for digest, *_ in twice[:SHOWN]] if count else ()


RESULT_FILES = Check("result-files", "9: no result file is in twice", _files_twice)


def _events_astray() -> Broken:
    """Events with results of another's file, or that are withdrawn and have results, or the other way round."""
    elsewhere = SessionFile.objects.exclude(file__event=F("session__event")).values("session__event")
    has_results = Q(Exists(Session.objects.filter(event=OuterRef("pk"))))
    came_in = Q(Exists(ResultFile.objects.filter(event=OuterRef("pk"))))
    of_another_file = Q(pk__in=elsewhere)
    astray = Event.objects.order_by().filter(
        of_another_file
        | (has_results & Q(withdrawn_at__isnull=False))
        | (~has_results & came_in & Q(withdrawn_at__isnull=True))
    )
    count = astray.count()
    return count, list(astray.values_list("pk", flat=True)[:SHOWN]) if count else ()


def _tied_astray() -> Broken:
    """Drives of a name that are another's than whose the name is, but for whose they are not by decision."""
    tied = Coalesce("league_driver__profile__merged_into", "league_driver__profile")
    named = EntryDriver.objects.filter(league_driver__isnull=False).order_by().alias(tied=tied)
    # Of no league, or of another, a name is nobody.
    elsewhere = ~Q(league_driver__league=F("entry__session__event__league")) | Q(entry__session__event__league=None)
    astray = named.filter(elsewhere | (Q(profile__isnull=False) & (Q(tied=None) | ~Q(profile=F("tied")))))
    decided = Detachment.objects.filter(event=OuterRef("entry__session__event"), undone_at=None)
    left_out = named.filter(~Exists(decided), profile=None, tied__isnull=False)
    keys = {*astray.values_list("pk", flat=True), *left_out.values_list("pk", flat=True)}
    return len(keys), sorted(keys)[:SHOWN]


NAMES = Check("tied-names", "12: results of a name in a league are whose the name is", _tied_astray)


def _events_out_of_scope() -> Broken:
    """Events that count although nobody has confirmed their league, and such of which a file is in another scope."""
    unconfirmed = Q(scope=SHARED, league__trusted=False)
    files = ResultFile.objects.filter(event=OuterRef("pk")).exclude(scope=OuterRef("scope"))
    wrong = Event.objects.order_by().filter(unconfirmed | Exists(files))
    count = wrong.count()
    return count, list(wrong.values_list("pk", flat=True)[:SHOWN]) if count else ()


#: What keeps each table from changes: PostgreSQL's trigger, SQLite's two.
_GUARDS = {
    "postgresql": ("sim_keep_decisions", "sim_keep_name_decisions", "sim_keep_rulings"),
    "sqlite": tuple(
        f"sim_keep_{table}_{act}"
        for table in ("results_decision", "results_namedecision", "results_ruling")
        for act in ("update", "delete")
    ),
}


def _missing_guard() -> Broken:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D' AND tgname LIKE 'sim!_keep!_%' ESCAPE '!'"
            )
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        there = {name for (name,) in cursor.fetchall()}
    missing = [name for name in _GUARDS[connection.vendor] if name not in there]
    return len(missing), missing


def _rulings_astray() -> Broken:
    """Rulings that stand about results that stand, and of which nobody wrote down what came of them."""
    stands = SessionFile.objects.filter(file__told__driven=OuterRef("session"), number=F("file__told__number"))
    astray = Ruling.objects.standing().filter(Exists(stands), outcome=None)
    count = astray.count()
    return count, list(astray.order_by("pk").values_list("pk", flat=True)[:SHOWN]) if count else ()


RULINGS = Check("rulings", "12: every decision that stands is in the results, or said not to fit", _rulings_astray)
SCOPES = Check("scopes", "12: results count where staff have confirmed whose they are", _events_out_of_scope)
DECISIONS = Check("decisions", "12: the database lets no decision about results be changed", _missing_guard)
VERSIONS = Check("versions", "12: an event shows the versions of its files that stand", _events_astray)
