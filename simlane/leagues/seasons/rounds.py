"""An organiser chooses what a round is of: its event, and the tables its races score by."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from simlane.leagues.models import PointsTable, Round, RoundRace
from simlane.leagues.seasons.changing import changing
from simlane.sim.errors import Refused
from simlane.sim.models import Event

NOT_OF_THE_LEAGUE = "That event is not one of this league on the season's simulator."
TAKEN = "That event is a round already: take it from there first."
OTHERS_TABLE = "That points table is not one of this season."


def choose(planned: Round, event: Event | None) -> None:
    """Makes the event the round's, or none, which then finds none by itself. Raises Refused when it cannot be."""
    with changing(planned.season) as season:
        if event is not None and (event.league_id, event.simulator_id) != (season.league_id, season.simulator_id):
            raise Refused(NOT_OF_THE_LEAGUE)
        before = Round.objects.values_list("event", flat=True).get(pk=planned.pk)
        planned.event, planned.finds_event = event, event is not None
        try:
            with transaction.atomic():
                Round.objects.filter(pk=planned.pk).update(event=event, finds_event=planned.finds_event)
        except IntegrityError:
            raise Refused(TAKEN) from None
        if before != planned.event_id:
            RoundRace.objects.filter(round=planned).delete()


def choose_table(planned: Round, session_number: int, table: PointsTable | None) -> None:
    """Scores the race by this table, or by none, whatever the season's tables are for. Raises Refused for another's."""
    with changing(planned.season):
        if table is not None and table.season_id != planned.season_id:
            raise Refused(OTHERS_TABLE)
        RoundRace.objects.update_or_create(
            round=planned, session_number=session_number, defaults={"table": table, "chosen": True}
        )
