"""Every address, whatever stands in its parameters and its path: an answer, never a fault of the server."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simlane
from tests.soak import times
from tests.test_permissions import World, address, lines, world  # noqa: F401 - the fixture

#: Without a transaction around each: of one in which PostgreSQL has refused a value no page could be made. It refuses
#: more than SQLite does.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.on_postgresql]

PEOPLE = ("anonymous", "member", "proved", "staff")
#: What our own views read, and Django's admin and allauth.
OURS = {
    name
    for path in Path(simlane.__file__).parent.rglob("*.py")
    for name in re.findall(r'GET\.get(?:list)?\(\s*"(\w+)"', path.read_text())
}
THEIRS = {"q", "o", "p", "all", "e", "next", "process", "_popup", "_to_field", "_changelist_filters", "code", "error"}
LOOKUPS = ("", "__exact", "__in", "__isnull", "__gte", "__year", "__date", "__contains", "__iregex", "__nonsense")
#: Paths whose parts anybody may type.
TYPED = (
    "/profiles/{}/", "/profiles/iracing/{}/", "/drivers/{}/", "/help/{}/", "/events/{}/",
    "/leagues/{}/", "/leagues/{}/upload/", "/leagues/sunday-cup/{}/",
    "/leagues/sunday-cup/spring/rounds/{}/", "/leagues/invitations/{}/",
    "/leagues/reports/{}/",
    "/users/notifications/{}/read/", "/users/notifications/unsubscribe/{}/",
    "/accounts/confirm-email/{}/", "/accounts/password/reset/key/{}/", "/{}",
    "/admin/sim/simprofile/{}/change/", "/admin/sim/claim/{}/change/", "/admin/users/user/{}/change/",
)  # fmt: skip


def cursor(*values: object) -> str:
    """As `web.keyset` writes one, with anything in it."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


AWKWARD = (
    "a\u200db", "\u200c", "\xad", "\ufeff", "\ue000", "\U000f0000", "\0", "a\0b", "", " ", "%", "\\", "'", '"', "{}",
    "[", "(", "-1", "0", "1", "1" * 30, "1e9", "٣", "²", "nan", "true", "null", "9999-99-99", "9999-12-31",
    "0001-01-01", "2024-02-30T25:61", "//evil.example", "../..", "x" * 3000, "\ud800", "\u2028", "\U0010ffff",
    "name", "starts",
    cursor("\ud800", "\ud800"), cursor("\0", "\0"), cursor("9999-12-31T23:59:59Z", "1"), cursor("1" * 30, "1" * 30),
    cursor(1, None), cursor("0001-01-01", "00000000-0000-0000-0000-000000000000"),
)  # fmt: skip


def fields_of(name: str) -> dict[type, str]:
    """A field of each type of an admin list, by the list's name."""
    return {
        type(field): field.name
        for model in admin.site._registry
        if name == f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"
        for field in model._meta.fields
    }


def parameters_of(name: str) -> tuple[str, ...]:
    """The names of the parameters that an address may ask for; an admin list takes any field: here one of each type."""
    if not name.startswith("admin:"):
        return tuple(sorted(OURS | THEIRS))
    own = (f"{field}{lookup}" for field in fields_of(name).values() for lookup in LOOKUPS)
    return (*sorted(THEIRS), "link", "state", "profile", *own)


def encoded(text: str) -> str:
    """Percent-encoded, half surrogates too, as a hand-made request may hold them."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@pytest.fixture
def ask(world: World) -> Callable[[str, str], int]:  # noqa: F811
    """The status that a person gets for an address."""
    clients = {person: Client(raise_request_exception=False) for person in PEOPLE}
    for person, client in clients.items():
        if person != "anonymous":
            client.force_login(world.user(person), backend="django.contrib.auth.backends.ModelBackend")

    def ask(person: str, url: str) -> int:
        for cache in caches.all(initialized_only=True):
            cache.clear()
        return int(clients[person].get(url).status_code)

    return ask


def addresses(world: World) -> Iterator[tuple[str, str]]:  # noqa: F811
    """The name and the path of every address in the table of permissions."""
    for name, given_, *_ in lines():
        # The tokens of allauth's own pages are theirs; a pattern that takes anything has no address of its own.
        if not name.startswith("/admin/"):
            yield name, address(world, name, given_)


def test_our_parameters_are_known() -> None:
    assert {"q", "after", "before", "sim", "sort", "page", "session", "day"} <= OURS


def test_no_parameter_of_any_address_is_a_fault(world: World, ask: Callable[[str, str], int]) -> None:  # noqa: F811
    """All parameters of an address at once, none of them what it should be."""
    faults = []
    for number, (name, path) in enumerate(addresses(world)):
        known = parameters_of(name)
        values = [AWKWARD[(number + place) % len(AWKWARD)] for place in range(len(known))]
        pairs = [f"{parameter}={encoded(value)}" for parameter, value in zip(known, values, strict=True)]
        people = ("staff",) if name.startswith("admin:") else PEOPLE
        url = f"{path}?{'&'.join(pairs)}"
        faults += [f"{person} {url}" for person in people if ask(person, url) >= 500]
    assert not faults, "\n".join(faults)


def some(number: int) -> tuple[str, ...]:
    """Every second of the awkward values, which stand beside their like; the next address has the others."""
    return AWKWARD[number % 2 :: 2]


def filters(name: str, seen: set[type]) -> list[str]:
    """Queries of an admin list, a parameter each: of several the admin refuses all for the first one it knows.

    Every way to look a type up is tried on one list, and not again on those after it, which have the type in `seen`.
    """
    fields = fields_of(name)
    known = [*sorted(THEIRS), "link", "state", "profile", *fields.values()]
    known += [f"{fields[each]}{lookup}" for each in fields if each not in seen for lookup in LOOKUPS if lookup]
    seen.update(fields)
    asked = [f"{each}={encoded(AWKWARD[place % len(AWKWARD)])}" for place, each in enumerate(known)]
    # What Django lets through to the driver.
    asked += [f"{each}=0" for each in known if each.endswith("__year")]
    asked += [f"{each}=%2B9999999999999999999" for each in known if each.endswith(("__in", "__gte"))]
    asked += [f"{each}=%00" for each in known if each.endswith(("__contains", "__exact"))]
    return asked


def test_no_filter_of_an_admin_list_is_a_fault(ask: Callable[[str, str], int]) -> None:
    faults: list[str] = []
    seen: set[type] = set()
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        path = reverse(name)
        assert ask("staff", path) == 200
        faults += [f"{path}?{query}" for query in filters(name, seen) if ask("staff", f"{path}?{query}") >= 500]
    assert not faults, "\n".join(faults)


def test_no_value_is_a_fault_of_a_page_that_reads_it(ask: Callable[[str, str], int]) -> None:
    readers = {
        "/profiles/": ("after", "before"),
        "/profiles/search/": ("q", "page"),
        "/help/": ("q",),
        "/users/profile/sim-profiles/search/": ("q",),
        "/admin/sim/simprofile/": ("q", "simulator__id__exact", "profile_name__regex"),
        "/admin/sim/event/": ("event_source", "id__in", "_to_field"),
        "/admin/account/emailaddress/1/delete/": ("_to_field",),
        "/staff/rollout/": ("day",),
    }
    faults = [
        f"{path}?{name}={encoded(value)}"
        for number, (path, names) in enumerate(readers.items())
        for name in names
        for value in some(number)
        if ask("staff", f"{path}?{name}={encoded(value)}") >= 500
    ]
    assert not faults, "\n".join(faults)


def test_nothing_typed_into_a_path_is_a_fault(ask: Callable[[str, str], int]) -> None:
    faults = [
        path.format(encoded(value))
        for number, path in enumerate(TYPED)
        for value in some(number)
        if ask("staff", path.format(encoded(value))) >= 500
    ]
    assert not faults, "\n".join(faults)


CURSORS = st.builds(cursor, st.text(), st.text())
VALUES = st.sampled_from(AWKWARD) | st.text(max_size=20) | CURSORS | st.integers().map(str)


@pytest.mark.soak
def test_anything_anywhere_is_answered(world: World, ask: Callable[[str, str], int]) -> None:  # noqa: F811
    every = [(path, parameters_of(name)) for name, path in addresses(world)]

    @settings(max_examples=times(60, soak=5_000), suppress_health_check=list(HealthCheck))
    @given(st.data())
    def answered(data: st.DataObject) -> None:
        path, known = data.draw(st.sampled_from(every), label="address")
        if data.draw(st.booleans(), label="typed"):
            path = data.draw(st.sampled_from(TYPED), label="path").format(encoded(data.draw(VALUES, label="part")))
        at_most = 1 if path.startswith("/admin/") else 3
        chosen = data.draw(st.lists(st.sampled_from(known), max_size=at_most, unique=True), label="parameters")
        query = "&".join(f"{name}={encoded(data.draw(VALUES, label=name))}" for name in chosen)
        person = data.draw(st.sampled_from(PEOPLE), label="person")
        assert ask(person, f"{path}?{query}") < 500

    answered()
