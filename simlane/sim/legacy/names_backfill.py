"""What migration 0019 does: gives every profile its sort key, its activity and a row for its name."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Exists, OuterRef

from simlane.sim.legacy.batches import HELD_AT_ONCE, by_key, come_back, in_batches
from simlane.sim.legacy.names import KEY_LENGTH, fold, letters, words

STEP = "names"


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Folding is Python's: rows stream through in batches, each written by a statement for all of it."""
    profile_model = apps.get_model("sim", "SimProfile")
    name_model = apps.get_model("sim", "ProfileName")
    word_model = apps.get_model("sim", "NameWord")
    # Profiles whose name has no row yet: those put back are left alone.
    known = name_model.objects.filter(profile=OuterRef("pk"), name=OuterRef("profile_name"))
    unknown = profile_model.objects.filter(~Exists(known)).order_by("pk")
    rows = unknown.values_list("pk", "profile_name", "created_at")
    if editor.connection.vendor == "postgresql":
        rows = rows.select_for_update(of=("self",), no_key=True, skip_locked=True)

    def write(low: Any, high: Any) -> int:
        ends = {"pk__gt": low, "pk__lte": high}
        return put(**{name: key for name, key in ends.items() if key is not None})

    def put(**which: Any) -> int:
        batch = list(rows.filter(**which))
        if not batch:
            return 0
        folded = [(key, name, fold(name), created_at) for key, name, created_at in batch]
        _write_keys(editor.connection, profile_model, [(key, text[:KEY_LENGTH]) for key, _, text, _ in folded])
        name_model.objects.bulk_create(
            [
                name_model(profile_id=key, name=name, folded=text, last_used_at=created_at)
                for key, name, text, created_at in folded
            ],
            ignore_conflicts=True,
        )
        vocabulary = {word for _, _, text, _ in folded for word in words(text)}
        word_model.objects.bulk_create(
            [word_model(word=word, letters=letters(word)) for word in sorted(vocabulary)], ignore_conflicts=True
        )
        return len(batch)

    in_batches(editor.connection, STEP, by_key(editor.connection, profile_model._meta.db_table), write)
    if editor.connection.vendor == "postgresql":
        keys = unknown.values_list("pk", flat=True)
        come_back(editor.connection, STEP, lambda: list(keys[:HELD_AT_ONCE]), lambda held: put(pk__in=held))


def _write_keys(connection: BaseDatabaseWrapper, profile_model: Any, keys: list[tuple[Any, str]]) -> None:
    table = connection.ops.quote_name(profile_model._meta.db_table)
    as_stored = profile_model._meta.pk.get_db_prep_value
    parameters = [value for key, text in keys for value in (as_stored(key, connection), text)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH new(id, name_key) AS (VALUES {", ".join(["(%s, %s)"] * len(keys))})
            UPDATE {table} SET name_key = new.name_key,
                last_active_at = CASE WHEN {table}.name_key = '' THEN created_at ELSE last_active_at END
            FROM new WHERE new.id = {table}.id""",
            parameters,
        )
