"""On SQLite one table is right."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from simlane.sim.partitions import ahead


@pytest.mark.skipif(connection.vendor != "sqlite", reason="partitions are PostgreSQL's")
@pytest.mark.django_db
@pytest.mark.parametrize("action", [("plan",), ("run",), ("back",), ("status",), ("extend",), ("restore", "x")])
def test_the_command_says_that_one_table_is_right(action: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="one table is right") as refused:
        call_command("partition_laps", *action)
    assert refused.value.returncode == 2
    ahead.extend_daily()
