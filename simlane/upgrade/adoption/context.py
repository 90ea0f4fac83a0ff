"""What the acts of an adoption are made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from simlane.upgrade.adoption.mapping import Mapping
from simlane.upgrade.schema import Column, Table


@dataclass(slots=True)
class Derived:
    """A new column `target` and what it is filled with: `expression` of a row's alias, which reads `sources`."""

    target: str
    expression: Callable[[str], str]
    sources: tuple[str, ...]
    null: bool
    #: Whether a row is filled once it has a value, whatever that is.
    once: bool = False


@dataclass(slots=True)
class Context:
    """What the acts are made from; `wrong` collects the lines of what cannot be done."""

    mapping: Mapping
    wanted: dict[str, Table]
    has: dict[str, Table]
    #: Tables whose key is of another type than the old release's.
    rekeyed: set[str]
    wrong: list[str]
    derived: dict[str, list[Derived]] = field(default_factory=lambda: defaultdict(list))

    @property
    def renames(self) -> bool:
        """Whether a table or column gets another name in the end: the old release cannot serve then."""
        return bool(self.rekeyed or self.mapping.tables or self.mapping.aside)

    def table(self, name: str) -> str:
        """The install's name of a table, quoted."""
        return f'"{self.mapping.table(name)}"'

    def source(self, name: str, column: str) -> str:
        """The install's column that has what the old release keeps in `column`."""
        given = self.mapping.columns.get(name, {}).get(column)
        return given if isinstance(given, str) else column

    def points_at_rekeyed(self, column: Column) -> bool:
        """Whether the key it points at changes its type."""
        return column.references is not None and column.references[0] in self.rekeyed
