"""Models of migrations' states, kept for the next way through the same migrations in this process.

To put them together is half of a way's time, and a run of all tests goes that way a hundred times.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.db.migrations.state import ModelState, StateApps

from simlane.sim.legacy import states
from simlane.sim.legacy.states import Key, Shown

#: What states with these models, and those before the last operation, were put together to.
_kept: dict[object, StateApps] = {}
#: What an object of a migration says of itself, with the object: its number is not given to another one meanwhile.
_said: dict[int, tuple[object, str]] = {}


def keep_models() -> None:
    """From now on states with the same models share them."""
    make = states.PartialApps

    def some(shown: Shown) -> StateApps:
        # What was before decides in which order the columns of a table stand that SQLite makes anew.
        before = shown.before and shown.before()
        return _once(("partial", before and _all(before.models), _all(shown.models)), lambda: make(shown))

    def complete(shown: Shown) -> None:
        if shown._apps is None or isinstance(shown._apps, make):
            shown._apps = _once(("whole", _all(shown.models)), lambda: StateApps([*shown.real_apps], shown.models))

    states.PartialApps = some
    Shown.complete = complete


def _once(key: object, make: Callable[[], StateApps]) -> StateApps:
    if key not in _kept:
        _kept[key] = make()
    return _kept[key]


def _all(models: dict[Key, ModelState]) -> int:
    return hash(tuple((key, _of(state)) for key, state in models.items()))


def _of(state: ModelState) -> object:
    fields = [(name, _say(field, field.deconstruct)) for name, field in state.fields.items()]
    options = [(name, _option(value)) for name, value in state.options.items()]
    return (*fields, *options, state.bases, *(name for name, _ in state.managers))


def _option(value: object) -> object:
    if isinstance(value, list | tuple):
        return tuple(_say(each, partial(repr, each)) for each in value)
    return repr(value)


def _say(what: object, say: Callable[[], object]) -> str:
    if id(what) not in _said:
        _said[id(what)] = (what, str(say()))
    return _said[id(what)][1]
