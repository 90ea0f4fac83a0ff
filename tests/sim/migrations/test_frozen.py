"""What migrations stand on is a copy; where what it wrote must fit the live code, the two give the same.

When a rule of sim.identity changes, a new migration brings what is stored in line with it: then the test here that has
become red says what was stored by the older rule, and goes with that migration.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from simlane.results import server_names, storing
from simlane.sim.identity import identifiers, names, platforms
from simlane.sim.legacy import batches, known_simulators
from simlane.sim.legacy import names as frozen_names
from simlane.sim.legacy import server_names as frozen_server_names
from tests.results.test_server_names import BETWEEN, FRAMES, INNOCENT, SECRET, STRONG, WEAK
from tests.sim.migrations.conftest import every_character

SIMLANE = Path(__file__).parents[3] / "simlane"
LIVE = re.compile(
    r"""\.|simlane(?!\.sim\.legacy(\.|$))|importlib|__import__|django\.utils\.module_loading
    |django\.apps(?!\.registry\.Apps$)|django\.contrib\.auth\.get_user_model""",
    re.VERBOSE,
)
STEAM = "76561190000000001"
WRITTEN = [
    "0042",
    "123 456",
    "12345678901",
    "0",
    "",
    STEAM,
    f"S{STEAM}",
    f"s {STEAM}",
    f"steamcommunity.com/profiles/{STEAM}/x",
    f"HTTPS://WWW.steamcommunity.com/profiles/{STEAM}",
    "M2535400000000001",
    "m12345",
    "Some_Driver-1",
    "a\u200bb",
    "x\ny",
]


def _frozen() -> list[Path]:
    return sorted({*SIMLANE.glob("sim/legacy/*.py"), *SIMLANE.glob("*/migrations/*.py")})


def _live(source: str) -> set[str]:
    """What it takes from code that is not versioned for migrations, or could take unseen: models by a registry."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{'.' * node.level}{node.module or ''}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "__import__":
            found.add("__import__")
    return {name for name in found if LIVE.match(name)}


@pytest.mark.parametrize("path", _frozen(), ids=lambda path: path.relative_to(SIMLANE).as_posix())
def test_a_migration_and_what_it_stands_on_import_no_live_code(path: Path) -> None:
    assert _live(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    "source",
    [
        "from simlane.sim.models import SimProfile",
        "import simlane.sim.legacy_names",
        "from ..models import SimProfile",
        "from importlib import import_module",
        "import importlib",
        "def fill(): return __import__('simlane.sim.models')",
        "from django.utils.module_loading import import_string",
        "from django.apps import apps",
        "import django.apps",
        "from django.apps.registry import apps",
        "from django.contrib.auth import get_user_model",
    ],
)
def test_live_code_is_found_however_it_is_imported(source: str) -> None:
    assert _live(source)


@pytest.mark.parametrize("source", ["from simlane.sim.legacy import names", "from django.apps.registry import Apps"])
def test_what_is_versioned_and_types_may_be_imported(source: str) -> None:
    assert not _live(source)


def test_every_simulator_that_the_upgrade_knew_is_known_by_the_same_slugs_and_kind() -> None:
    for simulator in known_simulators.KNOWN_SIMULATORS:
        for slug in (simulator.slug, *simulator.aliases):
            found = platforms.known_simulator(slug)
            assert found is not None
            assert (found.slug, found.kind) == (simulator.slug, simulator.kind)


@pytest.mark.parametrize("kind", list(identifiers.IdentifierKind))
def test_an_identifier_that_the_upgrade_wrote_is_canonical(kind: identifiers.IdentifierKind) -> None:
    """Or else an import would make a second profile beside the upgraded one."""
    for value in WRITTEN:
        assert known_simulators.canonical_or_none(kind.value, value) == identifiers.normalise_or_none(kind, value)


def test_a_name_that_a_migration_folded_is_found() -> None:
    text = "".join(every_character())
    assert frozen_names.fold(text) == names.fold(text)
    folded = names.fold("Sørën  Ö'Brien 각 ﬁ Ⅷ ß ẞ İ")
    assert frozen_names.fold("Sørën  Ö'Brien 각 ﬁ Ⅷ ß ẞ İ") == folded
    assert frozen_names.words(folded) == names.words(folded)
    assert frozen_names.letters(folded) == names.letters(folded)
    assert frozen_names.KEY_LENGTH == names.KEY_LENGTH


def test_an_events_name_that_a_migration_wrote_is_the_one_its_files_join_by() -> None:
    """Or else a corrected file would not find its session."""
    shapes = [frame.format(f"{word}{sign}fish") for frame in FRAMES for word in STRONG + WEAK for sign in BETWEEN]
    for name in [*INNOCENT, *(name for name, _ in SECRET), *shapes]:
        assert frozen_server_names.without_secrets(name) == server_names.without_secrets(name)


def test_migrations_wait_for_imports_by_the_lock_that_these_hold() -> None:
    assert batches.IMPORT == storing.LOCK
