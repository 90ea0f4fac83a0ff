"""What the commands for result files have in common: leagues, time zones on the command line, and lines of output."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from simlane.results.report import Report
from simlane.results.timezones import UnknownTimezoneError, timezone_of
from simlane.sim.identity.names import printable
from simlane.sim.models import League


class Parser(CommandParser):
    """Takes `--timezone -05:00` as it is meant: to argparse, what begins so is an option."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        given: list[Any] = []
        for each in args or ():
            if given and given[-1] == "--timezone" and re.match(r"-[0-9]", str(each)):
                given[-1] = f"--timezone={each}"
            else:
                given.append(each)
        return super().parse_args(given, namespace)


class Command(BaseCommand):
    """A command that brings files in."""

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        parser = super().create_parser(*args, **options)
        parser.__class__ = Parser
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--league", metavar="SLUG", help="the league whose results they are (default: the site's)")
        parser.add_argument(
            "--timezone",
            metavar="ZONE",
            help="where the servers' clocks stand, for files that give a local time: Europe/Rome, +09:00 (default: the "
            f"league's, or {settings.RESULTS_TIMEZONE}, from RESULTS_TIMEZONE)",
        )

    def say_each(self, report: Report) -> None:
        """A line for each file of which there is something to say."""
        for label, note in report.notes:
            say(self.stdout, f"note     {label}: {note}")
        for label, error in report.skipped:
            say(self.stdout, f"skipped  {label}: {error}")
        for label, error in report.refused:
            say(self.stderr, f"refused  {label}: {error}", self.style.ERROR)


def zone(given: str | None, league: League | None) -> tzinfo:
    """What `--timezone` was given, else where the league's or the site's clocks stand; raises CommandError."""
    try:
        return timezone_of(given or (league.time_zone if league else settings.RESULTS_TIMEZONE))
    except UnknownTimezoneError as unknown:
        whose = "--timezone" if given else f"The time zone of {league}"
        raise CommandError(f"{whose}: {printable(str(unknown))}") from None


def league_of(slug: str) -> League:
    """What `--league` was given; raises CommandError when no league has that address, or nothing comes in for it."""
    league = League.objects.filter(slug=slug).first()
    if league is None:
        raise CommandError(f"No league has the address {printable(slug)}: see /leagues/.")
    if league.why_closed:
        raise CommandError(league.why_closed)
    return league


def say(stream: OutputWrapper, line: str, style: Callable[[str], str] = str) -> None:
    """One line, of characters that the stream can write: file names and names of drivers hold anything."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(style(printable(line).encode(encoding, "backslashreplace").decode(encoding)))
    stream.flush()
