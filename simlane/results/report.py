"""What an import did, in numbers and in lines for a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePath

from simlane.results.source import CompanionFileError, ResultFileError

#: A broken file may have as many notes as it has cars: a person reads the first.
MOST_NOTES = 20
STORED = (
    ("events", "new events"),
    ("sessions", "sessions"),
    ("entries", "entries"),
    ("drivers", "drivers"),
    ("laps", "laps"),
)


@dataclass(slots=True)
class Report:
    """Counts and messages of one import; `refused` holds label and error of each file that could not be read.

    `replaced` are those of the imported ones that took another's place. `skipped` are files that lie beside results and
    are none, `others` counts those that were not looked at, by the end of their names.
    """

    files: int = 0
    imported: int = 0
    replaced: int = 0
    unchanged: int = 0
    refused: list[tuple[str, ResultFileError]] = field(default_factory=list)
    skipped: list[tuple[str, ResultFileError]] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    notes: list[tuple[str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def refuse(self, label: str, error: ResultFileError) -> None:
        if isinstance(error, CompanionFileError):
            self.skipped.append((label, error))
        else:
            self.refused.append((label, error))

    def note(self, label: str, notes: list[str]) -> None:
        """What was odd about a file that came in, and how it was read."""
        self.notes += [(label, note) for note in notes[:MOST_NOTES]]
        if len(notes) > MOST_NOTES:
            self.notes.append((label, f"and {len(notes) - MOST_NOTES:,} more notes"))

    def pass_over(self, label: str) -> None:
        self.others[PurePath(label).suffix.lower()] += 1

    @property
    def found_nothing(self) -> bool:
        """Whether nothing that came was a result, not even one that could not be read."""
        return not self.imported and not self.unchanged and not self.refused

    def lines(self, *, dry_run: bool) -> list[str]:
        """The closing summary."""
        verb = "would be imported" if dry_run else "imported"
        counts = self.counts
        lines = [
            f"{self.files} files: {self.imported} {verb}"
            + (f" ({self.replaced} in the place of another)" if self.replaced else "")
            + f", {self.unchanged} known already, {len(self.refused)} refused"
            + (f", {len(self.skipped)} skipped" if self.skipped else ""),
            ", ".join(f"{counts[what]} {label}" for what, label in STORED),
            f"{counts['profiles']} new profiles" + ("" if dry_run else f", {counts['renamed']} with a new name"),
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
        if self.others:
            kinds = ", ".join(
                f"{count} {suffix or 'without an ending'}" for suffix, count in sorted(self.others.items())
            )
            lines.append(f"Not looked at, since SimLane reads .json, .xml, .csv and .zip: {kinds}")
        return lines
