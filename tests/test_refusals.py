"""A refusal is told to the person who asked; a fault of the program is logged, and nobody is shown its words."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

import simlane
from simlane.sim.errors import Refused
from simlane.sim.models import Claim, SimProfile
from simlane.sim.ownership import claims, merging
from simlane.sim.ownership.history import How
from simlane.users.models import User
from simlane.users.platforms import PROVE, proof

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]
WORDS = "invalid literal for int() with base 10"
MEMBERS = "/users/profile/sim-profiles/"
MESSAGE = "It is mine: I have raced under this name for years."
Prepare = Callable[[SimProfile, User], None]
Ask = Callable[[Client, SimProfile], HttpResponse]


@pytest.fixture
def visitor(client: Client) -> Client:
    """A browser: what a server's fault raises stays on the server."""
    client.raise_request_exception = False
    return client


@contextmanager
def fault() -> Iterator[None]:
    """Every change of a table of the domain fails as a programming error does."""

    def run(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE")) and '"sim_' in sql:
            int("x")
        return execute(sql, *rest)

    with connection.execute_wrapper(run):
        yield


def linked(profile: SimProfile, user: User) -> None:
    profile.link_to_user(user)


def proved(profile: SimProfile, user: User) -> None:
    profile.link_to_user(user, verified=True)


def claimed(profile: SimProfile, user: User) -> None:
    claims.submit(profile, user, MESSAGE)


def unlinked(profile: SimProfile, user: User) -> None:
    """The profile is nobody's."""


MEMBERS_FLOWS: dict[str, tuple[Prepare, Ask]] = {
    "link": (unlinked, lambda client, profile: client.post(f"{MEMBERS}link/{profile.pk}/")),
    "hide": (proved, lambda client, profile: client.post(f"{MEMBERS}manage/{profile.pk}/", {"visibility": "hidden"})),
    "code": (linked, lambda client, profile: client.post(reverse("users:profile_sim_profile_code", args=[profile.pk]))),
    "claim": (
        unlinked,
        lambda client, profile: client.post(
            reverse("users:profile_sim_profile_claim", args=[profile.pk]), {"message": MESSAGE}
        ),
    ),
    "withdraw": (
        claimed,
        lambda client, profile: client.post(reverse("users:claim_withdraw", args=[Claim.objects.get().pk])),
    ),
}


@pytest.mark.parametrize("flow", MEMBERS_FLOWS)
def test_a_fault_in_a_members_flow_is_a_500_and_logged(
    visitor: Client, alice: SimProfile, owner: User, caplog: pytest.LogCaptureFixture, flow: str
) -> None:
    prepare, ask = MEMBERS_FLOWS[flow]
    prepare(alice, owner)
    visitor.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    with fault():
        response = ask(visitor, alice)
    assert response.status_code == 500
    assert WORDS not in response.content.decode()
    assert WORDS in caplog.text


@pytest.mark.parametrize("decision", ["accept", "refuse"])
def test_a_fault_in_the_staffs_decision_is_a_500_and_logged(
    visitor: Client, alice: SimProfile, owner: User, caplog: pytest.LogCaptureFixture, decision: str
) -> None:
    claimed(alice, owner)
    visitor.force_login(User.objects.create_superuser("boss"), backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("admin:sim_claim_decide", args=[Claim.objects.get().pk])
    with fault():
        assert visitor.post(address, {"decision": decision, "reason": "So."}).status_code == 500
    assert WORDS in caplog.text
    assert Claim.objects.get().state == Claim.State.OPEN


def test_a_fault_in_a_merge_or_its_undoing_is_a_500_and_logged(
    visitor: Client, alice: SimProfile, caplog: pytest.LogCaptureFixture
) -> None:
    boss = User.objects.create_superuser("boss")
    other = SimProfile.objects.create(simulator=alice.simulator, profile_identifier="name:alice", profile_name="Alice")
    visitor.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    asked = {"profile": [alice.pk, other.pk], "keep": alice.pk}
    with fault():
        assert visitor.post(reverse("admin:sim_merge_confirm"), asked).status_code == 500
    merge = merging.merge(alice.pk, other.pk, by=boss)
    with fault():
        assert visitor.post(reverse("admin:sim_merge_undo", args=[merge.pk])).status_code == 500
    assert caplog.text.count(f"ValueError: {WORDS}") == 2
    merge.refresh_from_db()
    assert merge.undone_at is None


def test_a_fault_in_a_proof_by_sign_in_is_not_told_to_the_member(
    rf: Any, client: Client, alice: SimProfile, owner: User
) -> None:
    request = rf.get("/")
    request.user = owner
    with fault(), pytest.raises(ValueError, match="invalid literal") as raised:
        proof.finish(request, How.STEAM, alice.profile_identifier, {"process": PROVE, "data": {"member": owner.pk}})
    assert not isinstance(raised.value, Refused)


def test_link_to_user_refuses_with_the_plans_value_error(alice: SimProfile, owner: User) -> None:
    alice.link_to_user(owner)
    rival = User.objects.create_user("rival")
    with pytest.raises(ValueError, match="already linked") as refusal:
        alice.link_to_user(rival)
    assert type(refusal.value) is Refused


def _named(node: ast.AST | None) -> set[str]:
    """The last parts of the names in an expression."""
    found = [each for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute)] if node else []
    return {each.id if isinstance(each, ast.Name) else each.attr for each in found}


def _called(statements: list[ast.stmt]) -> set[str]:
    calls = [each for part in statements for each in ast.walk(part) if isinstance(each, ast.Call)]
    return {name for call in calls for name in _named(call.func)}


def test_where_value_error_is_caught_no_rule_of_the_domain_is_asked() -> None:
    """A refusal is caught as Refused; ValueError is for parsing what came from outside."""
    room = Path(simlane.__file__).parent
    trees = {path.relative_to(room).as_posix(): ast.parse(path.read_text("utf-8")) for path in room.rglob("*.py")}
    rules = {
        node.name
        for path, tree in trees.items()
        if path.startswith("sim/ownership/") or path == "sim/models/profile.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    assert {"link_to_user", "submit", "prove", "merge", "read_picture"} <= rules
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and any("ValueError" in _named(each.type) for each in node.handlers)
        if rules & _called(node.body)
    ]
    assert wrong == []
