"""`make bench-claims`: rivals at the same moment, each on a connection of its own, round after round.

Eight members claim one profile; a link meets an unlink; a link meets the deletion of the account. After each round
the rows must keep the rules and exactly one rival may have won. Beside it the plan's check-then-save, which has none
of this.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.databases import chosen, command_line, measure

CLAIMANTS = 8


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    arguments = parser.parse_args()
    if arguments.worker:
        work(json.loads(arguments.worker))
        return
    table = Table(title=f"{arguments.rounds} rounds", title_justify="left")
    for column in ("", "database", "rounds as they must be", "outcomes", "s"):
        table.add_column(column)
    broken = 0
    for database in chosen(arguments):
        print(f"bench-claims: {database}", file=sys.stderr)
        for name, found in measure("bench.claims", database, {"rounds": arguments.rounds}).items():
            table.add_row(
                name,
                database,
                str(found["right"]),
                ", ".join(f"{n} {what}" for what, n in sorted(found["outcomes"].items())),
                f"{found['s']:.1f}",
            )
            broken += 0 if name.startswith("reference") else arguments.rounds - found["right"]
    Console().print(table)
    if broken:
        sys.exit(f"bench: {broken} rounds broke a rule.")


class Rivals:
    """Threads that keep their connection from round to round, as a server's do."""

    def __init__(self, count: int) -> None:
        self.acts: list[Callable[[], object]] = []
        self.outcomes: list[object] = [None] * count
        self.start, self.end = threading.Barrier(count + 1), threading.Barrier(count + 1)
        for number in range(count):
            threading.Thread(target=self._run, args=(number,), daemon=True).start()

    def _run(self, number: int) -> None:
        while True:
            self.start.wait()
            try:
                self.outcomes[number] = self.acts[number]()
            except Exception as error:
                self.outcomes[number] = error
            self.end.wait()

    def round(self, acts: list[Callable[[], object]]) -> list[object]:
        """What each act gave or raised."""
        self.acts = acts
        self.start.wait()
        self.end.wait()
        return list(self.outcomes)


def work(options: dict[str, Any]) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connections

    # A connection for each rival and for the referee, not what a server's pool has to spare.
    connections.settings["default"]["OPTIONS"].pop("pool", None)
    call_command("migrate", verbosity=0)
    found = {}
    for name, (count, play) in games().items():
        rivals = Rivals(count)
        outcomes: dict[str, int] = {}
        right = 0
        started = perf_counter()
        for number in range(options["rounds"]):
            fine, outcome = play(rivals, number)
            right += fine
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
        found[name] = {"right": right, "outcomes": outcomes, "s": perf_counter() - started}
    with open(options["found"], "w") as file:
        json.dump(found, file)


def games() -> dict[str, tuple[int, Callable[[Rivals, int], tuple[bool, str]]]]:
    """Each game: how many rivals, and one round of it: whether the rules held, and what happened."""
    from django.utils import timezone

    from simlane.sim.errors import Refused
    from simlane.sim.models import SimProfile, Simulator
    from simlane.users.models import User

    iracing = Simulator.objects.get(slug="iracing")
    profile = SimProfile.objects.create(simulator=iracing, profile_name="Wanted", profile_identifier="1")
    members = [User.objects.create(username=f"member{number}") for number in range(CLAIMANTS)]

    def read() -> SimProfile:
        return SimProfile.objects.get(pk=profile.pk)

    def free() -> None:
        SimProfile.objects.update(linked_user=None, linked_at=None, is_verified=False, is_public=True)

    def sound() -> bool:
        row = read()
        return (row.linked_user_id is None) == (row.linked_at is None) and (row.linked_at is not None or row.is_public)

    def refused(outcome: object) -> bool:
        return isinstance(outcome, Refused)

    def claim(rivals: Rivals, _: int) -> tuple[bool, str]:
        free()
        mine = [read() for _ in members]
        outcomes = rivals.round(
            [lambda row=row, who=who: row.link_to_user(who) for row, who in zip(mine, members, strict=True)]
        )
        winners = [who.pk for who, outcome in zip(members, outcomes, strict=True) if outcome is None]
        fine = winners == [read().linked_user_id] and sum(map(refused, outcomes)) == CLAIMANTS - 1
        return fine and sound(), "one winner" if len(winners) == 1 else f"{len(winners)} winners"

    def unlink(rivals: Rivals, _: int) -> tuple[bool, str]:
        free()
        read().link_to_user(members[0])
        held, wanted = read(), read()
        ended, linked = rivals.round([held.unlink_from_user, lambda: wanted.link_to_user(members[1])])
        # Linked after the unlink, or refused before it.
        owner = members[1].pk if linked is None else None
        fine = ended is True and (linked is None or refused(linked)) and read().linked_user_id == owner
        return fine and sound(), "linked after" if linked is None else "refused"

    def delete(rivals: Rivals, number: int) -> tuple[bool, str]:
        free()
        leaver = User.objects.create(username=f"leaver{number}")
        wanted = read()
        linked, deleted = rivals.round([lambda: wanted.link_to_user(leaver), User.objects.get(pk=leaver.pk).delete])
        fine = (linked is None or refused(linked)) and not isinstance(deleted, Exception)
        return fine and read().linked_user_id is None and sound(), "unlinked" if linked is None else "refused"

    def plan(rivals: Rivals, _: int) -> tuple[bool, str]:
        free()

        def save(who: User) -> bool:
            row = read()
            if row.linked_user_id is not None:
                return False
            row.linked_user, row.linked_at = who, timezone.now()
            row.save()
            return True

        outcomes = rivals.round([lambda who=who: save(who) for who in members])
        winners = sum(outcome is True for outcome in outcomes)
        return winners == 1, "one winner" if winners == 1 else "more winners"

    return {
        "8 claim one profile": (CLAIMANTS, claim),
        "a link against an unlink": (2, unlink),
        "a link against the account's deletion": (2, delete),
        "reference: the plan's check, then save": (CLAIMANTS, plan),
    }


if __name__ == "__main__":
    main()
