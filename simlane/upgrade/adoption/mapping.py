"""The mapping file: which tables and columns of an install are the old release's. Its form is in docs/upgrade.md."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Sections, and what each one's keys may be told.
SECTIONS = ("tables", "columns", "simulators", "platform_id", "aside")
TABLES = ("users_user", "sim_simulator", "sim_simprofile", "sim_event")


class MappingError(Exception):
    """The file cannot be followed; `lines` says each reason."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Value:
    """The same for every row."""

    value: str | int | bool


@dataclass(slots=True)
class Mapping:
    """What the file says; names of the old release on the left, of the install on the right."""

    tables: dict[str, str] = field(default_factory=dict)
    columns: dict[str, dict[str, str | Value]] = field(default_factory=dict)
    #: A simulator's name, or its key as text, and its slug.
    slugs: dict[str, str] = field(default_factory=dict)
    #: The column of profiles with the platform's id, and where it is JSON, the key in it.
    platform_column: str | None = None
    platform_key: str | None = None
    #: Tables that stand where the upgrade creates one of its own.
    aside: tuple[str, ...] = ()
    checksum: str = ""

    def table(self, name: str) -> str:
        """What the install calls the old release's table."""
        return self.tables.get(name, name)


def read(path: Path) -> Mapping:
    """Raises MappingError for a file that is not there, is not TOML, or says what has no meaning."""
    try:
        content = path.read_bytes()
        data = tomllib.loads(content.decode())
    except OSError as error:
        raise MappingError([f"{path} cannot be read: {error.strerror}. adopt --propose writes a first one."]) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingError([f"{path} is not TOML: {error}."]) from error
    found = parse(data)
    found.checksum = hashlib.sha256(content).hexdigest()
    return found


def parse(data: dict[str, Any]) -> Mapping:
    """The same for what the file holds."""
    wrong: list[str] = []
    found = Mapping()
    for section, content in data.items():
        if section not in SECTIONS:
            wrong.append(f"[{section}]: no such section; there are {', '.join(SECTIONS)}.")
        elif not isinstance(content, dict):
            wrong.append(f"{section} is a section: write [{section}] and its lines below.")
        elif section == "columns":
            _columns(found, content, wrong)
        elif section == "platform_id":
            _platform(found, content, wrong)
        elif section == "aside":
            _aside(found, content, wrong)
        else:
            _texts(found, section, content, wrong)
    if wrong:
        raise MappingError(wrong)
    return found


def _texts(found: Mapping, section: str, content: dict[str, Any], wrong: list[str]) -> None:
    for name, value in content.items():
        if section == "tables" and name not in TABLES:
            wrong.append(f"[tables] {name}: not a table of the old release; these are {', '.join(TABLES)}.")
        elif not isinstance(value, str) or not value:
            wrong.append(f"[{section}] {name}: give a text in quotes.")
        else:
            (found.tables if section == "tables" else found.slugs)[name] = value


def _columns(found: Mapping, content: dict[str, Any], wrong: list[str]) -> None:
    for table, columns in content.items():
        if table not in TABLES:
            wrong.append(f"[columns.{table}]: not a table of the old release; these are {', '.join(TABLES)}.")
            continue
        if not isinstance(columns, dict):
            wrong.append(f"[columns] {table}: write a section [columns.{table}].")
            continue
        for name, value in columns.items():
            if isinstance(value, str) and value:
                found.columns.setdefault(table, {})[name] = value
            elif isinstance(value, dict) and set(value) == {"value"} and isinstance(value["value"], str | int | bool):
                found.columns.setdefault(table, {})[name] = Value(value["value"])
            else:
                wrong.append(
                    f"[columns.{table}] {name}: give the name of the column that has it in quotes, or "
                    "{ value = ... } for the same in every row."
                )


def _platform(found: Mapping, content: dict[str, Any], wrong: list[str]) -> None:
    for name, value in content.items():
        if name not in {"column", "key"}:
            wrong.append(f"[platform_id] {name}: no such line; there are column, and key where the column is JSON.")
        elif not isinstance(value, str) or not value:
            wrong.append(f"[platform_id] {name}: give a text in quotes.")
    if "column" not in content:
        wrong.append("[platform_id]: say in which column of the profiles it is, column = ...")
    if not wrong:
        found.platform_column, found.platform_key = content["column"], content.get("key")


def _aside(found: Mapping, content: dict[str, Any], wrong: list[str]) -> None:
    tables = content.get("tables")
    if set(content) != {"tables"} or not isinstance(tables, list) or not all(isinstance(each, str) for each in tables):
        wrong.append('[aside]: has one line, tables = ["...", "..."].')
        return
    found.aside = tuple(tables)
