"""Paging by key: every row once, in both directions, whatever the ties; damaged cursors are refused."""

from __future__ import annotations

import contextlib
import random
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from simlane.profiles.views.listing import SORTS
from simlane.sim.models import SimProfile, Simulator
from simlane.web import keyset
from tests.soak import times

pytestmark = pytest.mark.django_db
#: ["\\ud800", "\\ud800"] and ["\\u0000", "\\u0000"]: no database takes either.
HALF_SURROGATE = "WyJcdWQ4MDAiLCAiXHVkODAwIl0"
NUL = "WyJcdTAwMDAiLCAiXHUwMDAwIl0"
ORDERS = {sort: order for sort, (_, order) in SORTS.items()}
each_order = pytest.mark.parametrize("sort", ORDERS)


@pytest.fixture
def crowd() -> list[SimProfile]:
    """Fifty profiles with few different names, starts and days, so that keys decide."""
    draw = random.Random(1)
    simulator = Simulator.objects.get(slug="iracing")
    rows = [
        SimProfile(
            pk=UUID(int=draw.getrandbits(128)),
            simulator=simulator,
            profile_name="x",
            profile_identifier=str(number + 1),
            name_key=draw.choice(["", "alice", "bob", "ålice"]),
            starts=draw.choice([0, 0, 0, 3]),
            last_active_at=f"2026-01-0{draw.choice([1, 2])}T00:00:00Z",
        )
        for number in range(50)
    ]
    return SimProfile.objects.bulk_create(rows)


@each_order
def test_every_row_comes_once_forward_and_the_same_backward(crowd: list[SimProfile], sort: str) -> None:
    order = ORDERS[sort]
    expected = list(SimProfile.objects.order_by(*order.columns()))
    pages = [keyset.read(SimProfile.objects.all(), order, 7)]
    assert pages[0].before is None
    while pages[-1].after:
        pages.append(keyset.read(SimProfile.objects.all(), order, 7, after=pages[-1].after))
    assert [row for page in pages for row in page.items] == expected
    back = [pages[-1]]
    while back[-1].before:
        back.append(keyset.read(SimProfile.objects.all(), order, 7, before=back[-1].before))
    assert [row for page in reversed(back) for row in page.items][-50:] == expected


@each_order
def test_rows_that_come_in_meanwhile_move_nobody(crowd: list[SimProfile], sort: str) -> None:
    order = ORDERS[sort]
    first = keyset.read(SimProfile.objects.all(), order, 7)
    expected = keyset.read(SimProfile.objects.all(), order, 7, after=first.after or "").items
    before_all = SimProfile.objects.order_by(*order.columns()).first()
    assert before_all is not None
    new = SimProfile(
        simulator=before_all.simulator,
        profile_name="new",
        profile_identifier="999",
        name_key="",
        starts=99,
        last_active_at="2027-01-01T00:00:00Z",
        pk=UUID(int=0) if not order.descending else UUID(int=2**128 - 1),
    )
    new.save(force_insert=True)
    assert keyset.read(SimProfile.objects.all(), order, 7, after=first.after or "").items == expected


@each_order
@pytest.mark.parametrize("backwards", [False, True])
def test_a_page_reads_its_index_from_the_cursor_on(crowd: list[SimProfile], sort: str, backwards: bool) -> None:
    order = ORDERS[sort]
    cursor = order.cursor(crowd[25])
    with connection.cursor() as raw, CaptureQueriesContext(connection) as captured:
        if connection.vendor == "postgresql":
            raw.execute("SET LOCAL enable_seqscan = off")
            raw.execute("SET LOCAL enable_bitmapscan = off")
            raw.execute("SET LOCAL enable_sort = off")
        keyset.read(SimProfile.objects.public(), order, 7, **{"before" if backwards else "after": cursor})
        sql = captured.captured_queries[-1]["sql"]
        assert "OFFSET" not in sql
        assert "COUNT" not in sql
        raw.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {sql}")
        plan = " ".join(str(part) for row in raw.fetchall() for part in row)
    assert f"sim_profile_{sort}_idx" in plan
    assert "Index Cond: (ROW(" in plan if connection.vendor == "postgresql" else "SEARCH" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.soak
@settings(max_examples=times(100, soak=5_000))
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.hex()))
def test_a_damaged_cursor_is_refused(text: str) -> None:
    for order in ORDERS.values():
        # Nothing else may come out of it, whatever was typed into the address.
        with contextlib.suppress(keyset.InvalidCursorError):
            order.position(SimProfile, text)


@pytest.mark.parametrize(
    "cursor",
    ["W10", "WzEsMl0", "eyJhIjoxfQ", "bnVsbA", "IiI", "W1siYSJdLCAiYiJd", "x" * 5000, "é", HALF_SURROGATE, NUL],
)
@each_order
def test_a_cursor_of_another_shape_is_refused(cursor: str, sort: str) -> None:
    with pytest.raises(keyset.InvalidCursorError):
        ORDERS[sort].position(SimProfile, cursor)


def test_a_cursor_holds_what_it_was_made_of(crowd: list[SimProfile]) -> None:
    for order in ORDERS.values():
        row = SimProfile.objects.get(pk=crowd[3].pk)
        assert order.position(SimProfile, order.cursor(row)) == (getattr(row, order.field), row.pk)
