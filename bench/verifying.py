"""`make bench-verify`: verify_profiles on a large site, beside reading its largest tables once.

Memory is the command's own peak, in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from time import perf_counter
from typing import Any

from bench.databases import chosen, command_line, measure

# VmHWM: what getrusage tells of a child counts the process that started it, too.
PEAK = """import re
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "verify_profiles"])
print("peak MiB", int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) // 1024)
"""


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=2_000_000)
    arguments = parser.parse_args()
    if arguments.worker:
        work(json.loads(arguments.worker))
        return
    for database in chosen(arguments):
        options = {"profiles": arguments.profiles, "entries": arguments.entries}
        found = measure("bench.verifying", database, options)
        print(f"{database}: verify_profiles {found['verify_s']:.1f} s, one read of the tables {found['read_s']:.1f} s")


def work(options: dict[str, Any]) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from bench.crowd import fill

    call_command("migrate", verbosity=0)
    fill(options["profiles"], options["entries"])
    started = perf_counter()
    with connection.cursor() as cursor:
        for table in ("sim_simprofile", "sim_profilename", "sim_entry", "sim_entrydriver"):
            cursor.execute(f"SELECT MAX(LENGTH(CAST({table}.id AS text))) FROM {table}")
    read = perf_counter() - started
    started = perf_counter()
    if subprocess.run([sys.executable, "-c", PEAK], env=os.environ, check=False).returncode:
        sys.exit("bench: the generated site breaks a rule, see above.")
    with open(options["found"], "w") as file:
        json.dump({"verify_s": perf_counter() - started, "read_s": read}, file)


if __name__ == "__main__":
    main()
