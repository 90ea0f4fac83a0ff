"""What an import did, in numbers and in lines for a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from simlane.results.source import ResultFileError

STORED = (
    ("events", "new events"),
    ("sessions", "sessions"),
    ("entries", "entries"),
    ("drivers", "drivers"),
    ("laps", "laps"),
)


@dataclass(slots=True)
class Report:
    """Counts and messages of one import; `refused` holds label and error of each file that could not be read."""

    files: int = 0
    imported: int = 0
    unchanged: int = 0
    refused: list[tuple[str, ResultFileError]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def refuse(self, label: str, error: ResultFileError) -> None:
        self.refused.append((label, error))

    def lines(self, *, dry_run: bool) -> list[str]:
        """The closing summary."""
        verb = "would be imported" if dry_run else "imported"
        counts = self.counts
        lines = [
            f"{self.files} files: {self.imported} {verb}, {self.unchanged} known already, {len(self.refused)} refused",
            ", ".join(f"{counts[what]} {label}" for what, label in STORED),
            f"{counts['profiles']} new profiles, {counts['renamed']} with a new name",
        ]
        if counts["proved"]:
            lines.append(f"{counts['proved']} links were proved by a code in a name")
        if counts["name_only"]:
            lines.append(
                f"{counts['name_only']} drivers are known by name only and got no profile"
                + (
                    f" ({counts['impossible_id']} of them with an id that cannot be real)"
                    if counts["impossible_id"]
                    else ""
                )
            )
        return lines
