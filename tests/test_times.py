"""Every date and time on a page is made by one component: simlane.web.moments."""

from __future__ import annotations

import re
from pathlib import Path

import simlane

ROOT = Path(simlane.__file__).parent
#: What else would print one in a template, each its own way and not in the visitor's zone.
OTHERWISE = re.compile(
    r"\|\s*(date|time|timesince|timeuntil|naturaltime|naturalday|isoformat|strftime)\b|\{%\s*now\b|<time\b"
)
#: Formats of a date for people in Python: months in words, or Django's own functions.
IN_PYTHON = re.compile(r"%[-#]?[dej] ?%[bB]|%[bB]\b|django\.utils\.(dateformat|timesince)\b|\bdate_format\(")
#: The domain shows nothing, and may not use what pages share: one refusal of it names a day, in the same form.
#: The rehearsal's report is a file of its own, without the site's scripts.
ALLOWED = {"sim/ownership/linking.py", "upgrade/rehearsal/report.py"}


def test_no_template_prints_a_time_its_own_way() -> None:
    templates = [
        *ROOT.rglob("templates/**/*.html"),
        *ROOT.rglob("templates/**/*.txt"),
        *ROOT.rglob("templates/**/*.xml"),
    ]
    assert len(templates) > 100
    wrong = {
        f"{path.relative_to(ROOT)}: {found[0]}" for path in templates for found in OTHERWISE.finditer(path.read_text())
    }
    assert not wrong, "use {% when at %} on a page, {{ at|utc }} in a mail"


def test_no_code_writes_a_date_its_own_way() -> None:
    wrong = {
        f"{name}: {found[0]}"
        for path in ROOT.rglob("*.py")
        if (name := str(path.relative_to(ROOT))) not in ALLOWED and "migrations" not in path.parts
        for found in IN_PYTHON.finditer(path.read_text())
    }
    assert not wrong, "use simlane.web.moments"
