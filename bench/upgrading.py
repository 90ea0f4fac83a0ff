"""`make bench-upgrade`: the backfill beside two references, the upgrade under traffic, and killed at random moments.

R1 is the plan's own loop, one row at a time, on 100,000 rows. R2 is the physical limit: one UPDATE of the same columns
with the same values; beside it one that makes every identifier of the name. All start from a generated install after
migration 0009: R1 and R2 with that migration's two indexes, as the plan has them. The backfill builds them afterwards,
and its time has that in it.
"""

from __future__ import annotations

import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.databases import command_line, measure
from tests import postgres

R1_ROWS = 100_000
R1 = """
import time, django
django.setup()
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.models import JSONField, Value
state = MigrationLoader(connection).project_state([("sim", "0009_add_profile_fields")])
SimProfile = state.apps.get_model("sim", "SimProfile")
started = time.perf_counter()
with transaction.atomic():
    for profile in SimProfile.objects.all():
        if not profile.profile_identifier:
            profile.profile_identifier = f"{profile.profile_name.lower().replace(' ', '-')[:218]}-{profile.id}"
        if profile.user:
            profile.linked_user = profile.user
            profile.linked_at = profile.created_at
            profile.is_verified = True
        if profile.profile_data is None:
            profile.profile_data = Value(None, JSONField())  # the plan's loop ends with an error at such a row
        profile.save()
print("seconds", time.perf_counter() - started)
"""
R2 = """UPDATE sim_simprofile p SET profile_identifier = {identifier},
    linked_user_id = p.user_id, linked_at = p.created_at, is_verified = true
    FROM sim_simulator s WHERE s.id = p.simulator_id"""
#: Whether a platform's id is read from the row's data as well, as the backfill does, or only its name is taken.
R2_PLAIN = "left(lower(replace(p.profile_name, ' ', '-')), 218) || '-' || p.id"
#: The indexes of the plan's 0009.
INDEXES = {"sim_profile_linked_user_idx": "linked_user_id", "sim_profile_public_idx": "is_public"}
#: One after the other, so that a slow moment of the machine is nobody's alone; the median counts.
ROUNDS = 3
#: How many times as long as R2 the backfill may take.
AIMS = {1_000_000: 1.1}
#: The role of `--application-role`.
APPLICATION = "simlane_application"
OURS = """
import re, time, django
django.setup()
from django.db import connection
from simlane.sim.legacy import backfill, indexes
connection.ensure_connection()
started = time.perf_counter()
backfill.run(connection)
with connection.schema_editor(atomic=False) as editor:
    for name, column in {indexes}.items():
        indexes.build_index(editor, name, f"CREATE INDEX CONCURRENTLY {name} ON sim_simprofile ({column})")
print("seconds", time.perf_counter() - started)
print("MiB", int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rows", type=int, action="append", help="Sizes (default: 100,000 and 1,000,000)")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--only", choices=["backfill", "traffic", "kills"], action="append")
    parser.add_argument("--runs", type=int, default=1, help="How often the traffic of each size is measured")
    parser.add_argument("--application-role", action="store_true", help="The clients have a role that owns nothing")
    parser.add_argument("--postgresql", metavar="DIRECTORY", help="The programs of another PostgreSQL server")
    arguments = parser.parse_args()
    if arguments.worker:
        work(json.loads(arguments.worker))
        return
    if arguments.postgresql:
        os.environ["SIMLANE_POSTGRESQL_BIN"] = arguments.postgresql
    options = {
        "runs": arguments.runs,
        "role": APPLICATION if arguments.application_role else "",
        "rows": arguments.rows or [100_000, 1_000_000],
        "kills": arguments.kills,
        "parts": arguments.only or ["backfill", "traffic", "kills"],
    }
    if not measure("bench.upgrading", "postgresql", options)["ok"]:
        sys.exit("bench: an aim was missed, see above.")


def work(options: dict[str, Any]) -> None:
    import django

    django.setup()
    directory = Path(options["directory"])
    parts = options["parts"]
    ok = True
    if "backfill" in parts:
        ok &= backfill(directory, options["rows"])
    if "traffic" in parts:
        if options["role"]:
            _make_role(options["role"])
        for rows in options["rows"]:
            runs = [traffic(rows, options["role"]) for _ in range(options["runs"])]
            ok &= all(passed for passed, _ in runs)
            print(
                f"{rows:,} rows, the longest statement of each run: {_listed((ms for _, ms in runs), 0)} ms", flush=True
            )
    if "kills" in parts:
        ok &= kills(directory, options["kills"])
    Path(options["found"]).write_text(json.dumps({"ok": bool(ok)}))


def backfill(directory: Path, sizes: list[int]) -> bool:
    """Seconds of the loop, of the one UPDATE and of the backfill, each on a copy of the same install."""
    from simlane.upgrade.rehearsal.copy import throwaway
    from simlane.upgrade.rehearsal.population import populate
    from simlane.upgrade.rehearsal.running import database

    ok, loop = True, None
    for rows in sorted({R1_ROWS, *sizes}):
        with throwaway(None, directory) as install:
            with database(install) as own:
                populate(own, rows, rows * 3 // 10)
            install.manage("migrate", "sim", "0009_add_profile_fields", "-v0")
            template = install.name

            with throwaway(template, directory) as copy:
                _as_the_plan_has_it(copy)
                if rows == R1_ROWS:
                    loop = _seconds(copy, R1)["seconds"] / rows
                    print(
                        f"R1, the plan's loop, {rows:,} rows: {loop * rows:.1f} s, {loop * 1000:.2f} ms a row",
                        flush=True,
                    )
            if rows not in sizes:
                continue
            limits, plains, found = [], [], []
            for _ in range(ROUNDS):
                limits.append(_one_update(template, directory, same_identifier()))
                plains.append(_one_update(template, directory, R2_PLAIN))
                with throwaway(template, directory) as copy:
                    found.append(_seconds(copy, OURS.replace("{indexes}", repr(INDEXES))))
            assert loop
            limit, plain = statistics.median(limits), statistics.median(plains)
            ours, peak = statistics.median(each["seconds"] for each in found), max(each["MiB"] for each in found)
            aim = AIMS.get(rows, 1.2)
            ok &= ours <= aim * limit and ours / rows * 50 <= loop and peak < 150
            print(
                f"backfill, {rows:,} rows, the median of {ROUNDS}: {ours:.1f} s, {rows / ours:,.0f} rows/s; R2, one "
                f"UPDATE: {limit:.1f} s, of names only {plain:.1f} s ({ours / limit:.2f} and {ours / plain:.2f} times "
                f"R2, aim {aim}); {loop / (ours / rows):.0f} times as fast as R1 (aim 50); "
                f"peak {peak:.0f} MiB (aim 150)",
                flush=True,
            )
            print(f"  all: {_listed(each['seconds'] for each in found)}; R2: {_listed(limits)}; {_listed(plains)}")
    return ok


def _listed(values: Iterable[float], digits: int = 1) -> str:
    return ", ".join(f"{each:.{digits}f}" for each in values)


def same_identifier() -> str:
    """What the backfill writes, but for contested ids."""
    from django.db import connection

    from simlane.sim.legacy.identifier_sql import fallback_sql, platform_sql

    platform = platform_sql(connection, "s.slug", "p.profile_data")
    return f"COALESCE({platform}, {fallback_sql(connection, 'p.profile_name', 'p.id')})"


def _one_update(template: str, directory: Path, identifier: str) -> float:
    from simlane.upgrade.rehearsal.copy import throwaway

    with throwaway(template, directory) as copy:
        _as_the_plan_has_it(copy)
        with copy.connect() as server:
            started = time.perf_counter()
            server.execute(R2.replace("{identifier}", identifier))
            return time.perf_counter() - started


def _as_the_plan_has_it(copy: Any) -> None:
    with copy.connect() as server:
        server.execute("ALTER TABLE sim_simprofile DISABLE TRIGGER USER")
        for name, column in INDEXES.items():
            server.execute(f"CREATE INDEX {name} ON sim_simprofile ({column})")
        server.execute("VACUUM ANALYZE sim_simprofile")


def _seconds(copy: Any, program: str) -> dict[str, float]:
    process = copy.start("-c", program, output=subprocess.PIPE)
    output = process.communicate()[0].decode()
    if process.returncode:
        sys.exit("bench: a measurement failed, see above.")
    return {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)", output)}


def _make_role(name: str) -> None:
    """A role for the site, which the owner of the tables may act as."""
    with postgres.administrator("postgres") as server:
        server.execute(f"CREATE ROLE {name}")
        server.execute(f"GRANT {name} TO {postgres.ROLE}")


def traffic(rows: int, role: str) -> tuple[bool, float]:
    """A rehearsal: whether its verdicts, which are the aims, are good, and its longest statement (ms)."""
    from django.core.management.base import OutputWrapper

    from simlane.upgrade.rehearsal.running import run
    from simlane.upgrade.rehearsal.wording import sentence

    found = run(rows, None, OutputWrapper(sys.stderr), role)
    print(sentence(found))
    for verdict in found.verdicts:
        print(f"  {'ok    ' if verdict.ok else 'MISSED'} {verdict.name}: {verdict.detail}")
    for step in found.steps:
        if step.length_s >= 1:
            print(f"  {step.name}: {step.length_s:.1f} s")
    sys.stdout.flush()
    return all(verdict.ok for verdict in found.verdicts), max(each.ms for each in found.statements)


def kills(directory: Path, wanted: int, rows: int = 5_000) -> bool:
    """`upgrade_profiles run`, killed again and again; each that reaches its end must be as an uninterrupted one."""
    from simlane.upgrade.rehearsal.copy import throwaway
    from simlane.upgrade.rehearsal.population import populate
    from simlane.upgrade.rehearsal.running import database
    from tests.upgrade.checksums import checksum

    moments = random.Random(20270101)
    run = ("manage.py", "upgrade_profiles", "run", "--no-backup")
    killed = ended = alike = 0
    with throwaway(None, directory) as install, tempfile.TemporaryFile() as log:
        with database(install) as own:
            populate(own, rows, rows * 3 // 10)
        template = install.name
        with throwaway(template, directory) as copy:
            started = time.monotonic()
            assert copy.start(*run, output=log.fileno()).wait() == 0
            took = time.monotonic() - started
            with copy.connect() as server:
                expected = checksum(server)
        while killed < wanted:
            with throwaway(template, directory) as copy:
                while True:
                    process = copy.start(*run, output=log.fileno())
                    try:
                        process.wait(moments.uniform(0.3, took))
                        break
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()
                        killed += 1
                    if killed >= wanted:
                        process = copy.start(*run, output=log.fileno())
                        process.wait()
                        break
                ended += process.returncode == 0
                with copy.connect() as server:
                    alike += process.returncode == 0 and checksum(server) == expected
                if process.returncode:
                    print(f"  a run after {killed} kills ended with status {process.returncode}")
                    break
    print(f"killed {killed} times over {ended} upgrades of {rows:,} rows: {alike} of {ended} as the uninterrupted one")
    return killed >= wanted and alike == ended > 0


if __name__ == "__main__":
    main()
