"""States of migrations whose models are put together when an operation asks for one.

Django puts every model together before it migrates, and after each operation all that are related to the changed one,
which are nearly all of a project: most of the time of a migration went there. An operation asks for one model, and uses
those that it points at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import ref

from django.db.migrations.state import ModelState, ProjectState, StateApps
from django.db.migrations.utils import resolve_relation

#: An app's label and the name of a model of it in small letters.
Key = tuple[str, str]


class PartialApps(StateApps):
    """Models of a state, each put together with those it points at when it is first asked for.

    Who asks what points at a model, as Django's `_meta` does, gets all of them put together first. Until then a model
    has no attribute that leads to those.
    """

    def __init__(self, shown: Shown) -> None:
        self._waiting: dict[Key, ModelState] = {}
        super().__init__(list(shown.real_apps), {})
        self._waiting = dict(shown.models)
        self._before = shown.before

    def get_model(self, app_label: str, model_name: str | None = None, require_ready: bool = True) -> Any:
        if model_name is None:
            app_label, model_name = app_label.split(".")
        key = app_label, model_name.lower()
        before = self._before and self._before()
        earlier = before.models.get(key) if before else None
        # The columns of a table that SQLite makes anew stand as their fields were put together: new ones last.
        if before and earlier and key in self._waiting and earlier.fields != self._waiting[key].fields:
            before.apps.get_model(*key)
        self._put_together({key})
        return super().get_model(app_label, model_name, require_ready)

    def get_models(self, include_auto_created: bool = False, include_swapped: bool = False) -> list[Any]:
        self._put_together(set(self._waiting))
        return super().get_models(include_auto_created, include_swapped)

    # A registry clears what its own method remembers.
    get_models.cache_clear = StateApps.get_models.cache_clear  # type: ignore[attr-defined]

    def _put_together(self, keys: set[Key]) -> None:
        needed = []
        while keys:
            key = keys.pop()
            state = self._waiting.pop(key, None)
            if state is not None:
                needed.append(state)
                keys.update(_points_at(key, state))
        self.render_multiple(needed)


def _points_at(key: Key, state: ModelState) -> Iterator[Key]:
    """The models that this one is made from, or has a relation to."""
    for base in state.bases:
        if isinstance(base, str):
            yield resolve_relation(base, *key)
    for field in state.fields.values():
        if field.remote_field:
            for model in (field.remote_field.model, getattr(field.remote_field, "through", None)):
                if model:
                    yield resolve_relation(model, *key)


class Shown:
    """The models of a state, and of its copies until an operation changes one of them."""

    def __init__(self, models: dict[Key, ModelState], real_apps: set[str], before: Shown | None) -> None:
        self.models = models
        self.real_apps = real_apps
        #: Those before the last operation, as long as it runs.
        self.before = ref(before) if before else None
        self._apps: StateApps | None = None

    @property
    def apps(self) -> StateApps:
        if self._apps is None:
            self._apps = PartialApps(self)
        return self._apps

    def complete(self) -> None:
        """From now on with all models and all relations, as Django has them."""
        if self._apps is None or isinstance(self._apps, PartialApps):
            self._apps = StateApps(list(self.real_apps), self.models)


class PartialState(ProjectState):
    """A state with `PartialApps`, but for code that `RunPython` runs: that gets all models, with all relations."""

    def __init__(self, models: dict[Key, ModelState] | None = None, real_apps: set[str] | None = None) -> None:
        super().__init__(models, real_apps)
        self._shown: Shown | None = None
        self._before: Shown | None = None

    @classmethod
    def of(cls, state: ProjectState) -> PartialState:
        """The same state; a copy, unless it is one of these already."""
        return state if isinstance(state, cls) else cls(_copied(state.models), state.real_apps)

    def clone(self) -> PartialState:
        same = PartialState(_copied(self.models), self.real_apps)
        same._shown = self.shown
        return same

    @property
    def shown(self) -> Shown:
        if self._shown is None:
            # A copy: operations change what is in these.
            self._shown = Shown(_copied(self.models), self.real_apps, self._before)
        return self._shown

    @property
    def apps(self) -> StateApps:
        return self.shown.apps

    @apps.deleter
    def apps(self) -> None:
        self._shown = None

    def clear_delayed_apps_cache(self) -> None:
        """RunPython calls it before it asks for models, and `migrate` before its last signal."""
        self.shown.complete()

    def _changed(self) -> None:
        if self._shown:
            self._before, self._shown = self._shown, None

    # Every change of a state ends in one of these four.

    def add_model(self, model_state: ModelState) -> None:
        super().add_model(model_state)
        self._changed()

    def remove_model(self, app_label: str, model_name: str) -> None:
        super().remove_model(app_label, model_name)
        self._changed()

    def reload_model(self, app_label: str, model_name: str, delay: bool = False) -> None:
        self._changed()

    def reload_models(self, models: Any, delay: bool = True) -> None:
        self._changed()


def _copied(models: dict[Key, ModelState]) -> dict[Key, ModelState]:
    return {key: state.clone() for key, state in models.items()}
