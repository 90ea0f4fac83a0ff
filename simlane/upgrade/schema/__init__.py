"""Whether a database has the schema of the old release at `sim.0008`, column by column."""

from simlane.upgrade.schema.comparing import differences
from simlane.upgrade.schema.expected import Column, Table, expected

__all__ = ["Column", "Table", "differences", "expected"]
