"""What SimLane uses of its libraries although they promise nothing about it: which it is, and that it is as it was.

After an upgrade of a library a failure here says where to look before its expectation is changed.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import simlane

ROOM = Path(simlane.__file__).parent

#: Functions and methods, with the signature that they are called or overridden by.
CALLED = {
    "allauth.core.ratelimit:consume": (
        "(request: 'HttpRequest', *, action, key=None, user=None, dry_run: 'bool' = False, "
        "raise_exception: 'bool' = False) -> 'bool'"
    ),
    "allauth.core.ratelimit:consume_or_429": "(request: 'HttpRequest', *args, **kwargs) -> 'HttpResponse | None'",
    "allauth.socialaccount.internal.statekit:unstash_state": (
        "(request: 'HttpRequest', *, state_id: 'str', provider_id: 'str', raises: 'bool' = False) "
        "-> 'dict[str, Any] | None'"
    ),
    "allauth.socialaccount.providers.oauth2.views:OAuth2CallbackView._get_state": (
        "(self, request: 'HttpRequest', provider)"
    ),
    "django.core.cache.backends.filebased:FileBasedCache._cull": "(self)",
    "django.core.cache.backends.filebased:FileBasedCache._is_expired": "(self, f)",
    "django.core.cache.backends.filebased:FileBasedCache._list_cache_files": "(self)",
    "django.core.files.storage:FileSystemStorage._save": "(self, name, content)",
    "django.db.backends.base.base:BaseDatabaseWrapper._commit": "(self)",
    "django.db.backends.base.schema:BaseDatabaseSchemaEditor._create_fk_sql": "(self, model, field, suffix)",
    "django.db.backends.base.schema:BaseDatabaseSchemaEditor._create_index_name": (
        "(self, table_name, column_names, suffix='')"
    ),
    "django.db.backends.base.schema:BaseDatabaseSchemaEditor._create_index_sql": (
        "(self, model, *, fields=None, name=None, suffix='', using='', db_tablespace=None, col_suffixes=(), sql=None, "
        "opclasses=(), condition=None, include=None, expressions=None)"
    ),
    "django_tasks_db.management.commands.db_worker:Worker": (
        "(*, queue_names: list[str], interval: float, batch: bool, backend_name: str, startup_delay: bool, "
        "max_tasks: int | None, worker_id: str, excluded_queue_names: list[str])"
    ),
    "django_tasks_db.management.commands.db_worker:Worker.run": "(self) -> None",
    "gunicorn.asgi.protocol:ASGIProtocol._close_transport": "(self)",
    "gunicorn.asgi.protocol:ASGIProtocol._keepalive_timeout": "(self)",
    "gunicorn.workers.gasgi:ASGIWorker._serve": "(self)",
    "openid.consumer.consumer:GenericConsumer._discoverAndVerify": "(self, claimed_id, to_match_endpoints)",
    "openid.consumer.consumer:GenericConsumer._makeKVPost": "(request_message, server_url)",
    "openid.consumer.consumer:GenericConsumer._verifyDiscoverySingle": "(self, endpoint, to_match)",
    "prometheus_client.mmap_dict:MmapedDict._init_value": "(self, key)",
    "zipfile:_EndRecData": "(fpin)",
}
#: Attributes that `__init__` sets.
SET = {
    "django.core.cache.backends.base:BaseCache": {"_max_entries"},
    "django.utils.functional:LazyObject": {"_wrapped"},
    "django_tasks_db.management.commands.db_worker:Worker": {"running"},
    "gunicorn.asgi.protocol:ASGIProtocol": {"_keepalive_handle"},
    "prometheus_client.mmap_dict:MmapedDict": {"_capacity", "_fname", "_m", "_used"},
    "requests:Response": {"_content"},
}
#: Names in modules: gunicorn makes connections of the class that it finds there.
NAMED = {
    "gunicorn.workers.gasgi:ASGIProtocol",
    "prometheus_client.mmap_dict:_INITIAL_MMAP_SIZE",
    "zipfile:_ECD_SIZE",
}
#: Django documents these.
DOCUMENTED = {"_meta", "_default_manager", "_base_manager"}


def _found(place: str) -> Any:
    module, _, names = place.partition(":")
    found: Any = importlib.import_module(module)
    for name in names.split("."):
        found = getattr(found, name)
    return found


@pytest.mark.parametrize("place", CALLED)
def test_what_is_called_or_overridden_is_called_as_before(place: str) -> None:
    assert str(inspect.signature(_found(place))) == CALLED[place]


@pytest.mark.parametrize("place", SET)
def test_the_attributes_are_still_there(place: str) -> None:
    assert set(_found(place).__init__.__code__.co_names) >= SET[place]


@pytest.mark.parametrize("place", sorted(NAMED))
def test_the_names_are_still_there(place: str) -> None:
    assert _found(place) is not None


def test_gunicorn_makes_connections_of_the_class_that_it_finds_in_the_module() -> None:
    from gunicorn.workers import gasgi

    assert "ASGIProtocol(" in inspect.getsource(gasgi.ASGIWorker._serve)


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOM.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path.relative_to(ROOM).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and not name.endswith("_")


def _own_names(trees: list[ast.Module]) -> set[str]:
    """Names with an underscore that our own code gives: to functions, attributes, variables and annotations."""
    own = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _of_self(node):
            own.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.keyword) and node.arg:
            own.add(node.arg)
    return own


def _of_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}


def _used() -> dict[str, str]:
    """Names with an underscore that are not our own, and names from allauth's `internal`, each with a file."""
    sources = list(_sources())
    ours = _own_names([tree for _, tree in sources]) | DOCUMENTED
    used = {}
    for file, tree in sources:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and _is_private(node.attr) and node.attr not in ours:
                used[node.attr] = file
            if isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith("simlane"):
                internal = "internal" in node.module.split(".")
                used |= {each.name: file for each in node.names if internal or _is_private(each.name)}
    return used


def _overridden() -> set[str]:
    """Methods with an underscore of other people's classes that a class of ours replaces."""
    found = set()
    for module in pkgutil.walk_packages(simlane.__path__, "simlane."):
        if ".migrations" in module.name or module.name.endswith("__main__"):
            continue
        for each in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(each) and each.__module__ == module.name:
                foreign = [base for base in each.__mro__ if not base.__module__.startswith("simlane")]
                found |= {
                    name for name in vars(each)
                    if _is_private(name) and inspect.isfunction(vars(each)[name])
                    and any(name in vars(base) for base in foreign)
                }  # fmt: skip
    return found


def test_nothing_else_that_is_private_is_used() -> None:
    """Pin it above, or do without."""
    pinned = {name for place in CALLED for name in place.replace(":", ".").split(".")}
    pinned |= {name for names in SET.values() for name in names} | {place.rpartition(":")[2] for place in NAMED}
    used, overridden = _used(), _overridden()
    assert {name: file for name, file in used.items() if name not in pinned} == {}
    assert overridden <= pinned
    # gunicorn's timer is set and not read.
    assert {name for name in pinned if _is_private(name)} == {*used, *overridden, "_keepalive_handle"} - {"statekit"}
