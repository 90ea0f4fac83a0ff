"""The report of a rehearsal: its statistics, its words, its page."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from simlane.upgrade.rehearsal import statistics
from simlane.upgrade.rehearsal.measurements import Locks, Rate, Rehearsal, Statement, Step, Verdict
from simlane.upgrade.rehearsal.report import summary_lines, write_html
from simlane.upgrade.rehearsal.statistics import AFTER, BEFORE, BETWEEN, Buckets, Timeline, percentile
from simlane.upgrade.rehearsal.wording import cell, duration, milliseconds, sentence
from tests.upgrade.rehearsals import empty, whole

STEPS = [Step("expand", 10, 20), Step("backfill", 20, 30, rows=500), Step("contract", 35, 40)]


def page(rehearsal: Rehearsal, tmp_path) -> str:
    path = tmp_path / "report.html"
    write_html(rehearsal, path)
    return path.read_text(encoding="utf-8")


def printed(rehearsal: Rehearsal) -> str:
    return "\n".join(summary_lines(rehearsal))


def data(html: str) -> dict[str, Any]:
    """What the page's charts are drawn from."""
    found = re.search(r'<script id="rehearsal-data" type="application/json">(.*?)</script>', html)
    assert found
    return json.loads(found[1])


def test_a_percentile_is_the_nearest_rank():
    hundred = [float(ms) for ms in range(1, 101)]
    assert [percentile(hundred, p) for p in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([7.0], 99) == percentile([7.0], 0) == 7
    assert percentile([1.0, 2.0], 50) == 1
    assert percentile([1.0, 2.0, 3.0], 50) == 2
    with pytest.raises(ValueError):
        percentile([], 50)


@pytest.mark.parametrize(
    ("at", "phase"),
    [
        (9.999, BEFORE),
        (10, "1. expand"),
        (19.999, "1. expand"),
        (20, "2. backfill"),
        (30, BETWEEN),
        (35, "3. contract"),
        (40, AFTER),
        (99, AFTER),
    ],
)
def test_a_step_holds_its_start_and_not_its_end(at, phase):
    assert Timeline(STEPS).name_at(at) == phase


def test_of_steps_that_overlap_the_later_begun_holds_the_moment():
    timeline = Timeline([Step("all", 0, 100), Step("part", 10, 20), Step("moment", 50, 50)])
    assert [timeline.name_at(at) for at in (5, 10, 20, 50, 100)] == ["1. all", "2. part", "1. all", "1. all", AFTER]


def test_latency_by_step_and_release():
    statements = [
        Statement("old", "read", 1, 5),
        Statement("old", "read", 12, 10),
        Statement("new", "read", 13, 30, "deadlock"),
        Statement("new", "read", 50, 1),
    ]
    before, expand, backfill, contract, after = statistics.latency_by_step(STEPS, statements)
    assert (before.name, before.step, before.old.max, before.new) == (BEFORE, None, 5, None)
    assert (expand.step, expand.old.p50, expand.new.p50, expand.both.max) == (STEPS[0], 10, 30, 30)
    assert (expand.old.errors, expand.new.errors, expand.both.statements) == (0, 1, 2)
    assert (backfill.name, backfill.both, contract.both) == ("2. backfill", None, None)
    assert (after.name, after.new.statements) == (AFTER, 1)


def test_without_a_step_everything_is_before():
    (only,) = statistics.latency_by_step([], [Statement("old", "read", 3, 5)])
    assert (only.name, only.both.statements) == (BEFORE, 1)


@pytest.mark.parametrize("last", [0, 0.1, 29.9, 30, 59.99, 60, 3600, 90_000])
def test_there_are_never_more_buckets_than_can_be_seen(last):
    rehearsal = empty()
    rehearsal.statements = [Statement("old", "read", -0.05, 1), Statement("old", "read", last, 1)]
    cut = statistics.buckets(rehearsal)
    assert 1 <= cut.count <= statistics.MOST_BUCKETS
    assert cut.of(-0.05) == 0
    assert cut.of(last) == cut.count - 1


def test_a_moment_on_a_bucket_s_edge_is_in_the_later_one():
    cut = Buckets(0, 10, 0.1)
    assert all(cut.of(i / 10) == i and cut.starts(i) == i / 10 for i in range(100))


def test_latency_over_time():
    statements = [Statement("old", "read", at, ms) for at, ms in [(0, 1), (0.5, 3), (2, 9)]]
    found = statistics.latency_over_time(statements, Buckets(0, 2, 1))
    assert {index: (latency.p50, latency.max) for index, latency in found["old"].items()} == {0: (1, 3), 2: (9, 9)}
    assert found["new"] == {}


def test_rows_a_second_also_when_the_count_begins_again():
    rates = [Rate(0, 100), Rate(0.5, 150), Rate(1, 300), Rate(2, 500), Rate(3, 50), Rate(4, 50)]
    assert statistics.rows_per_second(rates, Buckets(0, 4, 1)) == {0: 100, 1: 300, 2: 200, 3: 50, 4: 0}
    assert statistics.rows_per_second([], Buckets(0, 4, 1)) == {}
    assert statistics.rows_per_second([Rate(1, 5)], Buckets(0, 4, 1)) == {}


def test_a_bucket_shows_the_worst_of_its_locks():
    samples = [Locks(0.1, 3, 5, "AccessExclusiveLock"), Locks(0.2, 1, 80, "RowExclusiveLock"), Locks(0.3, 0, 0, "")]
    worst = statistics.locks_over_time(samples, Buckets(0, 1, 1))
    assert worst == {0: Locks(0, 3, 80, "AccessExclusiveLock")}


def test_numbers_are_said_with_their_units():
    assert [milliseconds(ms) for ms in (0.04, 1.25, 87.4, 9_999, 12_300)] == [
        "0.04 ms",
        "1.2 ms",
        "87 ms",
        "9,999 ms",
        "12 s",
    ]
    assert [duration(s) for s in (0, 0.42, 4.2, 9.97, 41, 750, 7500)] == [
        "0 s",
        "0.42 s",
        "4.2 s",
        "10 s",
        "41 s",
        "12 min 30 s",
        "2 h 5 min",
    ]


def test_one_sentence_says_how_it_went():
    said = sentence(whole(2_000))
    assert said.startswith(
        "5 of 5 checks passed: the upgrade of 100,000 profiles took 41 s; the longest statement took "
    )
    assert said.endswith(" ms, no errors.")
    assert "4 of 6 checks passed, 2 failed" in sentence(whole(2_000, errors=1, failed=1))
    assert sentence(whole(2_000, errors=1)).endswith(", 1 error.")
    assert sentence(empty()) == (
        "No check was made: the upgrade of no profiles recorded no step; no statement was measured."
    )


def test_the_page_shows_everything(tmp_path):
    html = page(whole(5_000), tmp_path)
    for words in ("Passed", "100,000", "48,210", "Expand: new columns", "AccessExclusiveLock", "Rows/s", "p99, ms"):
        assert words in html
    assert html.count("<canvas ") == 5
    assert html.count("<details ") == 3
    assert "deadlock" not in html


def test_charts_are_drawn_from_the_rows_of_their_tables(tmp_path):
    html = page(whole(5_000), tmp_path)
    latency, locks, backfill = data(html)["charts"]
    assert [panel["release"] for panel in latency["panels"]] == ["old", "new"]
    for chart, columns in ((latency, ["Max, ms", "p99, ms", "p50, ms"]), (backfill, ["Rows/s"])):
        for panel in chart["panels"]:
            assert [chart["table"]["headings"][column] for column in panel["lines"]] == columns
    assert [panel["lines"] for panel in locks["panels"]] == [[2], [3]]
    for chart in (latency, locks, backfill):
        last = chart["table"]["rows"][-1]
        assert re.search(r"\s*".join(f"<t[hd][^>]*>{re.escape(cell(value))}</t[hd]>" for value in last), html)


def test_the_charts_come_first(tmp_path):
    html = page(whole(5_000, errors=1), tmp_path)
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", html)
    assert headings == [
        "Latency", "Locks", "Backfill", "Statistics", "Checks", "Errors", "Steps", "Latency by step and release",
    ]  # fmt: skip


def test_errors_and_failed_checks_are_shown(tmp_path):
    rehearsal = whole(5_000, errors=3, failed=1)
    html = page(rehearsal, tmp_path)
    assert "deadlock detected" in html
    assert "3 profiles are verified and linked to no account" in html
    assert html.index("Rule 1 holds") < html.index("No row lost")
    assert "Failed. 4 of 6 checks passed, 2 failed" in printed(rehearsal)
    assert "deadlock detected" in printed(rehearsal)


def test_equal_errors_are_counted_together(tmp_path):
    rehearsal = empty()
    rehearsal.statements = [Statement("new", "link", at, 1, "gone\naway") for at in (4.0, 2.0, 3.0)]
    assert "gone away (3 ×, new release, link, Before the first step, first at 2.00 s)" in printed(rehearsal)


@pytest.mark.parametrize("part", ["steps", "statements", "locks", "rates", "verdicts"])
def test_a_part_that_was_not_measured_is_said(part, tmp_path):
    rehearsal = whole(1_000, errors=1)
    setattr(rehearsal, part, [])
    missing = {
        "steps": "No step was recorded.",
        "statements": "No statement was measured.",
        "locks": "Locks were not sampled.",
        "rates": "The backfill was measured fewer than twice",
        "verdicts": "Not checked",
    }
    assert missing[part] in page(rehearsal, tmp_path)
    assert printed(rehearsal)


def test_nothing_measured_at_all(tmp_path):
    assert "Not checked" in page(empty(), tmp_path)
    assert printed(empty()).startswith("Not checked. No check was made")


def test_one_value_of_each_is_shown(tmp_path):
    rehearsal = empty()
    rehearsal.steps = [Step("only", 0, 0)]
    rehearsal.statements = [Statement("new", "read", 0, 0)]
    rehearsal.locks = [Locks(0, 0, 0, "")]
    rehearsal.rates = [Rate(0, 10)]
    drawn = data(page(rehearsal, tmp_path))
    assert drawn["end"] > drawn["start"]
    assert [chart["title"] for chart in drawn["charts"]] == ["Latency", "Locks"]
    assert printed(rehearsal)


def test_hostile_words_are_only_words(tmp_path):
    hostile = "</style><script>alert(1)</script>\"'&\x1b[31m[bold]"
    rehearsal = empty()
    rehearsal.server = hostile
    rehearsal.steps = [Step(hostile, 0, 10)]
    rehearsal.statements = [Statement("old", hostile, 1, 1, hostile)]
    rehearsal.locks = [Locks(1, 1, 1, hostile)]
    rehearsal.verdicts = [Verdict(hostile, True, hostile)]
    html = page(rehearsal, tmp_path)
    assert html.count("<script>") == 1
    assert html.count("</script>") == 2
    assert html.count("</style>") == 1
    assert "&lt;script&gt;alert(1)" in html
    assert data(html)["steps"] == [[hostile, 0, 10]]
    assert "\x1b[31m" not in printed(rehearsal)
    assert "[bold]" in printed(rehearsal)


def test_checks_steps_and_errors_are_lines_on_the_terminal():
    text = printed(whole(5_000, errors=1, failed=1))
    assert "\npassed No row lost: 100,000 profiles before and after\n" in text
    assert "\nFAILED Rule 1 holds: 3 profiles are verified and linked to no account\n" in text
    assert "\nerror deadlock detected (1 ×, " in text
    assert "4. Backfill: 31 s from 9.6 s, 100,000 rows (3,268 rows/s); " in printed(whole(5_000))


def test_many_statements_take_seconds(tmp_path):
    rehearsal = whole(200_000)
    began = time.process_time()
    write_html(rehearsal, tmp_path / "report.html")
    printed(rehearsal)
    # A million takes about three; this is a fifth, with room for a slow machine.
    assert time.process_time() - began < 5
    assert (tmp_path / "report.html").stat().st_size < 1_000_000
