"""A rehearsal's measurements as a summary for the terminal and as one HTML file that needs nothing else."""

from __future__ import annotations

from pathlib import Path

from django.template.loader import render_to_string
from rich.console import RenderableType

from simlane.upgrade.rehearsal.measurements import Rehearsal
from simlane.upgrade.rehearsal.page import context
from simlane.upgrade.rehearsal.summary import Summary


def summary_lines(rehearsal: Rehearsal) -> RenderableType:
    """Tables on a terminal that is wide enough, plain lines otherwise: `console.print(summary_lines(rehearsal))`."""
    return Summary(rehearsal)


def write_html(rehearsal: Rehearsal, path: Path) -> None:
    """Write the report, over an earlier one; its folder must exist."""
    path.write_text(render_to_string("upgrade/report.html", context(rehearsal)), encoding="utf-8")
