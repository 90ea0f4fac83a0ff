"""What migration 0031 does: folds names anew whose stored form still holds what the folding leaves out since."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from simlane.sim.legacy.batches import by_key, in_batches
from simlane.sim.legacy.names import KEY_LENGTH, fold, letters, words

STEP = "names"


def fold_anew(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Reads every name in batches and writes the few that fold otherwise now; again does no harm."""
    names, known = apps.get_model("sim", "ProfileName"), apps.get_model("sim", "NameWord")
    profiles = apps.get_model("sim", "SimProfile")

    def write(low: Any, high: Any) -> int:
        ends = {key: value for key, value in {"pk__gt": low, "pk__lte": high}.items() if value is not None}
        read = names.objects.filter(**ends).values_list("pk", "name", "folded")
        keys = [key for key, name, folded in read if fold(name) != folded]
        # Somebody may have renamed a profile since: of the rows that will be written, what is so when they are locked.
        rows = names.objects.filter(pk__in=keys).select_related("profile").defer("profile__profile_data")
        held = rows.select_for_update(no_key=True).order_by("profile", "pk")
        changed = [(row, new) for row in held if (new := fold(row.name)) != row.folded]
        for row, new in changed:
            row.folded = new
        names.objects.bulk_update([row for row, _ in changed], ["folded"])
        current = [row.profile for row, _ in changed if row.profile.profile_name == row.name]
        for profile in current:
            profile.name_key = fold(profile.profile_name)[:KEY_LENGTH]
        profiles.objects.bulk_update(current, ["name_key"])
        vocabulary = sorted({word for _, new in changed for word in words(new)})
        known.objects.bulk_create(
            [known(word=word, letters=letters(word)) for word in vocabulary], ignore_conflicts=True
        )
        return len(changed)

    in_batches(editor.connection, STEP, by_key(editor.connection, names._meta.db_table), write)
