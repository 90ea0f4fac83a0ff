"""What a rehearsal measured, as plain values that go to a file and come back. Times are seconds since it began."""

from __future__ import annotations

import json
from dataclasses import asdict, astuple, dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, get_args

Release = Literal["old", "new"]
RELEASES: tuple[Release, ...] = get_args(Release)


@dataclass(slots=True)
class Step:
    """One step of the upgrade and the rows it handled."""

    name: str
    started_s: float
    finished_s: float
    rows: int = 0
    detail: str = ""

    @property
    def length_s(self) -> float:
        return self.finished_s - self.started_s

    @property
    def rows_per_second(self) -> float | None:
        """None for a step that handles no rows, or took no measurable time."""
        return self.rows / self.length_s if self.rows and self.length_s > 0 else None


@dataclass(slots=True)
class Statement:
    """One statement or transaction of a client of the old or the new release; `error` is empty when it worked."""

    release: Release
    kind: str
    at_s: float
    ms: float
    error: str = ""


@dataclass(slots=True)
class Locks:
    """A sample: how many sessions wait for a lock, the longest wait, the strongest lock held."""

    at_s: float
    waiting: int
    longest_wait_ms: float
    strongest: str


@dataclass(slots=True)
class Rate:
    """Rows backfilled so far."""

    at_s: float
    rows: int


@dataclass(slots=True)
class Verdict:
    """One check and how it ended."""

    name: str
    ok: bool
    detail: str


@dataclass(slots=True)
class Rehearsal:
    """The whole of one rehearsal: `rows` profiles and `users` accounts on `server`."""

    rows: int
    users: int
    server: str
    started_at: datetime
    steps: list[Step] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    locks: list[Locks] = field(default_factory=list)
    rates: list[Rate] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    def to_json(self) -> str:
        """Statements go as rows under one heading: there may be a million of them."""
        return json.dumps(
            {
                "rows": self.rows,
                "users": self.users,
                "server": self.server,
                "started_at": self.started_at.isoformat(),
                "steps": [asdict(step) for step in self.steps],
                "statements": {
                    "columns": _STATEMENT,
                    "rows": [(s.release, s.kind, s.at_s, s.ms, s.error) for s in self.statements],
                },
                "locks": [astuple(sample) for sample in self.locks],
                "rates": [astuple(sample) for sample in self.rates],
                "verdicts": [asdict(verdict) for verdict in self.verdicts],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Rehearsal:
        """Raises ValueError, KeyError or TypeError for what `to_json` did not write."""
        read: dict[str, Any] = json.loads(text)
        if read["statements"]["columns"] != _STATEMENT:
            raise ValueError(f"statements have the columns {read['statements']['columns']}, not {_STATEMENT}")
        statements = [Statement(*row) for row in read["statements"]["rows"]]
        if strangers := {statement.release for statement in statements}.difference(RELEASES):
            raise ValueError(f"a release is old or new, not {sorted(strangers)}")
        return cls(
            rows=read["rows"],
            users=read["users"],
            server=read["server"],
            started_at=datetime.fromisoformat(read["started_at"]),
            steps=[Step(**step) for step in read["steps"]],
            statements=statements,
            locks=[Locks(*row) for row in read["locks"]],
            rates=[Rate(*row) for row in read["rates"]],
            verdicts=[Verdict(**verdict) for verdict in read["verdicts"]],
        )


_STATEMENT = [column.name for column in fields(Statement)]
