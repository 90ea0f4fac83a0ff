"""The arrows between the rooms: no import, table or address of an upper room in a lower one."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SIMLANE = Path(__file__).parents[1] / "simlane"
#: Names that only an upper room may use, in SQL, addresses and templates.
_PAGES = "users|account|mfa|waffle|socialaccount|profiles|leagues|help|watch"
UPPER = {
    "sim": rf"\b({_PAGES}|results|upgrade)(_[a-z]+\b|:[a-z])",
    "results": rf"\b({_PAGES})(_[a-z]+\b|:[a-z])",
    "web": rf"\b({_PAGES}|sim|results|upgrade)(_[a-z]+\b|:[a-z])",
}
#: What migrations stand on keeps the names that it was written with.
FROZEN = ("sim/legacy/", "sim/migrations/", "results/migrations/")
#: No tables: the history's word for a deleted account, and its column.
OWN = {"account_deleted", "account_id"}


def _texts(path: Path) -> Iterator[str]:
    """Texts of a program that are no docstrings; all of a template."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield source
        return
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def _named_by(room: str) -> set[str]:
    found = set()
    for path in (SIMLANE / room).rglob("*"):
        place = path.relative_to(SIMLANE).as_posix()
        if path.suffix in {".py", ".html", ".txt"} and not place.startswith(FROZEN):
            names = {match[0] for text in _texts(path) for match in re.finditer(UPPER[room], text)}
            found |= {f"{place}: {name}" for name in names - OWN}
    return found


def test_imports_go_one_way() -> None:
    # A process of its own: it configures logging.
    program = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]
    done = subprocess.run([*program, "--no-cache"], cwd=SIMLANE.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("room", sorted(UPPER))
def test_a_lower_room_names_no_table_and_no_address_of_an_upper_one(room: str) -> None:
    assert _named_by(room) == set()
