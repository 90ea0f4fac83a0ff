"""Models of a migration's state that are put together when they are asked for: those of the state, and no others."""

from __future__ import annotations

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from simlane.sim.legacy import recorded
from simlane.sim.legacy.states import PartialState


def model(name: str, **fields: models.Field) -> ModelState:
    return ModelState("races", name, [("id", models.AutoField(primary_key=True)), *fields.items()])


def points_at(name: str, **options: object) -> models.ForeignKey:
    return models.ForeignKey(name, models.CASCADE, **options)


@pytest.fixture
def state() -> PartialState:
    found = ProjectState()
    for each in (
        model("Track"),
        model("Event", track=points_at("races.Track"), before=points_at("self", null=True)),
        model("Entry", event=points_at("races.event"), rivals=models.ManyToManyField("self")),
        model("Car", driven=models.ManyToManyField("races.Event", through="races.Entry")),
    ):
        found.add_model(each)
    return PartialState.of(found)


def together(state: PartialState) -> set[str]:
    """The models that have been put together."""
    return {name for name in state.apps.all_models["races"] if "_" not in name}


def test_a_model_comes_with_those_that_it_points_at_and_no_others(state: PartialState) -> None:
    event = state.apps.get_model("races", "Event")
    assert together(state) == {"track", "event"}
    assert event._meta.get_field("track").related_model is state.apps.get_model("races.Track")
    state.apps.get_model("races", "Car")
    assert together(state) == {"track", "event", "entry", "car"}


def test_who_asks_what_points_at_a_model_is_told_all_of_it(state: PartialState) -> None:
    event = state.apps.get_model("races", "Event")
    assert {each.related_model.__name__ for each in event._meta.related_objects} == {"Event", "Entry", "Car"}
    assert {each.__name__ for each in state.apps.get_models()} == {"Track", "Event", "Entry", "Car"}


def test_a_copy_keeps_its_models_when_the_state_changes(state: PartialState) -> None:
    state.apps.get_model("races", "Track")
    before = state.clone()
    state.add_field("races", "event", "name", models.TextField(), preserve_default=True)
    state.remove_model("races", "car")

    def columns(of: PartialState) -> set[str]:
        return {field.name for field in of.apps.get_model("races", "Event")._meta.fields}

    assert columns(state) - columns(before) == {"name"}
    assert before.apps.get_model("races", "Car")
    with pytest.raises(LookupError):
        state.apps.get_model("races", "Car")


def test_code_that_a_migration_runs_reaches_models_in_every_direction(state: PartialState) -> None:
    seen = []

    def look(apps, editor) -> None:
        seen.append(hasattr(apps.get_model("races", "Track"), "event_set"))

    editor = type("Editor", (), {"connection": type("Connection", (), {"alias": "default"})})()
    for operation in (migrations.RunPython(look), recorded.RunPython(look)):
        operation.database_forwards("races", editor, state, state)
        # As after an operation that asked for one model only.
        state.reload_model("races", "track")
        state.apps.get_model("races", "track")
    assert seen == [True, True]


def test_all_migrations_lead_to_the_models_that_djangos_own_states_lead_to() -> None:
    loader = MigrationLoader(None)
    plain, partial = ProjectState(), PartialState()
    for key in loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True):
        loader.graph.nodes[key].mutate_state(plain, preserve=False)
        partial = loader.graph.nodes[key].mutate_state(partial)
    assert isinstance(partial, PartialState)
    assert partial == plain
    for model_state in partial.models.values():
        found = partial.apps.get_model(model_state.app_label, model_state.name)
        columns = {field.column for field in found._meta.local_concrete_fields}
        expected = plain.apps.get_model(model_state.app_label, model_state.name)
        assert columns == {field.column for field in expected._meta.local_concrete_fields}
