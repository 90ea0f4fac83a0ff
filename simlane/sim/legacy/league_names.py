"""What migration 0045 does: a driver of the league for each name without an id in the results of leagues."""

from __future__ import annotations

import re
from typing import Any

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from simlane.sim.legacy.batches import by_key, in_batches, keep_out_imports
from simlane.sim.legacy.names import KEY_LENGTH, fold

STEP = "names"
# As sim.ownership.code_text finds codes.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE = re.compile(rf"(?<![0-9A-Za-z])SL-([{_LETTERS}]{{8}})(?![0-9A-Za-z])", re.IGNORECASE | re.ASCII)


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Event by event, in batches; again does no harm."""
    events, drivers = apps.get_model("sim", "Event"), apps.get_model("sim", "LeagueDriver")
    drives = apps.get_model("sim", "EntryDriver")

    def write(low: Any, high: Any) -> int:
        keep_out_imports(editor.connection)
        ends = {key: value for key, value in {"pk__gt": low, "pk__lte": high}.items() if value is not None}
        rows = 0
        for event, league, simulator in (
            events.objects.filter(league__isnull=False, **ends).order_by("pk").values_list("pk", "league", "simulator")
        ):
            left = drives.objects.filter(entry__session__event=event, profile=None, league_driver=None).exclude(name="")
            for name in sorted(set(left.values_list("name", flat=True))):
                plain = _without_codes(name)
                if not (folded := fold(plain)[:KEY_LENGTH]):
                    continue
                driver, _ = drivers.objects.get_or_create(
                    league_id=league, simulator_id=simulator, folded=folded, car_number="", defaults={"name": plain}
                )
                rows += left.filter(name=name).update(league_driver=driver)
        return rows

    in_batches(editor.connection, STEP, by_key(editor.connection, events._meta.db_table), write)


def _without_codes(name: str) -> str:
    found = (code.upper() for code in _CODE.findall(name))
    if not any(_is_code(code) for code in found):
        return name
    return re.sub(r"\s+", " ", _CODE.sub("", name)).strip(" -_|·[]()")


def _is_code(letters: str) -> bool:
    return _LETTERS[sum(place * _LETTERS.index(each) for place, each in enumerate(letters[:-1], 1)) % 32] == letters[-1]
