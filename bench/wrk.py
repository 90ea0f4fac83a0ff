"""Visitors who keep their connections, played by Debian's `wrk`: it takes less of the machine than Python would."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from bench.serving import PAGES

CONSTANT = "/reference/constant/"
START_SECONDS = 60
#: The mix of the site: first pages, lists, a driver, an event; no sign-in, which is for one.
MIX = tuple(page for page in PAGES if "accounts" not in page)
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True)
class Visit:
    """What visitors ask for, page after page in turn."""

    pages: Sequence[str] = MIX
    #: An ever-changing query string makes every page anew: one of so many pages has it, 0 for none.
    cold: int = 0
    #: A header of each page, as `Name: value`.
    headers: Sequence[tuple[str, str]] = ()

    def script(self) -> str:
        """As wrk's Lua; JSON's strings of plain ASCII are Lua's."""
        pages = ", ".join(json.dumps(page) for page in self.pages)
        headers = ", ".join(f"{{[{json.dumps(name)}] = {json.dumps(value)}}}" for name, value in self.headers)
        return f"""
local pages, headers, number = {{{pages}}}, {{{headers}}}, 0
-- Another run's numbers are other ones.
local run = tostring(os.time())
function request()
  local place, path = number % #pages + 1, nil
  path = pages[place]
  if {self.cold} > 0 and number % math.max({self.cold}, 1) == 0 then path = path .. "?cold=" .. run .. "-" .. number end
  number = number + 1
  return wrk.format("GET", path, headers[place])
end
"""


@dataclass(frozen=True)
class Found:
    """What a run of wrk says; times in milliseconds."""

    rate: float
    p50: float
    p99: float
    #: Answers of 400 and above, and connections that broke or waited longer than wrk's time limit.
    errors: int

    def words(self) -> str:
        return f"{self.rate:8.1f} requests/s   p50 {self.p50:7.1f} ms   p99 {self.p99:7.1f} ms   errors {self.errors}"


def wait(url: str) -> None:
    """Until the server answers: it says its address before its processes have started."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError), urlopen(f"{url.rstrip('/')}{CONSTANT}", timeout=START_SECONDS):
            return
        time.sleep(0.1)
    sys.exit(f"bench: {url} does not answer.")


def start(url: str, visit: Visit, directory: str, seconds: float, clients: int) -> subprocess.Popen[str]:
    """wrk at work for so many seconds; `parsed` reads what it says at the end."""
    program = shutil.which("wrk")
    if program is None:
        sys.exit("bench: wrk is missing: apt-get install wrk")
    script = Path(directory, "visit.lua")
    script.write_text(visit.script())
    given = ["--threads=1", f"--connections={clients}", f"--duration={max(1, round(seconds))}s", "--timeout=30s"]
    return subprocess.Popen(
        [program, *given, "--latency", f"--script={script}", url],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(url: str, visit: Visit, directory: str, seconds: float, clients: int = 64) -> Found:
    """What so many seconds give, after one that only warms up: on a busy machine that one may bring no answer."""
    start(url, visit, directory, 1, clients).communicate()
    process = start(url, visit, directory, seconds, clients)
    return parsed(process.communicate()[0])


def parsed(text: str) -> Found:
    """The figures of wrk's report; ends the bench when it is none."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    shares = {share: float(value) * MILLISECONDS[unit] for share, value, unit in _shares(text)}
    if rate is None or not float(rate[1]) or not {"50", "99"} <= shares.keys():
        sys.exit(f"bench: wrk did not work: {text.strip()}")
    errors = [int(count) for count in re.findall(r"Non-2xx or 3xx responses: (\d+)", text)]
    if sockets := re.search(r"Socket errors: (.*)", text):
        errors += [int(count) for count in re.findall(r"\d+", sockets[1])]
    return Found(float(rate[1]), shares["50"], shares["99"], sum(errors))


def _shares(text: str) -> list[tuple[str, str, str]]:
    return re.findall(r"^\s+(\d+)%\s+([\d.]+)(us|ms|s|m)[ ]*$", text, re.MULTILINE)
