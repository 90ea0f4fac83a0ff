"""What migration 0019 does: gives every profile its sort key, its activity and a row for its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Exists, OuterRef

from simlane.sim.names import KEY_LENGTH, fold, letters, words

BATCH = 5000


def fill(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Folding is Python's: rows stream through in batches, each written by a statement for all of it."""
    profile_model = apps.get_model("sim", "SimProfile")
    name_model = apps.get_model("sim", "ProfileName")
    word_model = apps.get_model("sim", "NameWord")
    quote = editor.quote_name
    table = quote(profile_model._meta.db_table)
    for batch in _batches(profile_model, name_model):
        folded = [(key, name, fold(name), created_at) for key, name, created_at in batch]
        placeholders = ", ".join(["(%s, %s)"] * len(folded))
        as_stored = profile_model._meta.pk.get_db_prep_value
        parameters = [
            value for key, _, text, _ in folded for value in (as_stored(key, editor.connection), text[:KEY_LENGTH])
        ]
        with editor.connection.cursor() as cursor:
            cursor.execute(
                f"""WITH new(id, name_key) AS (VALUES {placeholders})
                UPDATE {table} SET name_key = new.name_key,
                    last_active_at = CASE WHEN {table}.name_key = '' THEN created_at ELSE last_active_at END
                FROM new WHERE new.id = {table}.id""",
                parameters,
            )
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


def _batches(profile_model: Any, name_model: Any) -> Iterator[list[tuple[Any, str, Any]]]:
    """Profiles whose name has no row yet, by key: memory stays flat, and rows put back are left alone."""
    known = name_model.objects.filter(profile=OuterRef("pk"), name=OuterRef("profile_name"))
    rows = profile_model.objects.filter(~Exists(known)).order_by("pk").values_list("pk", "profile_name", "created_at")
    last = None
    while batch := list((rows if last is None else rows.filter(pk__gt=last))[:BATCH]):
        yield batch
        last = batch[-1][0]
