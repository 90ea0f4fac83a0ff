"""What the columns that an adoption adds are filled with, as SQL over a row of the install's table."""

from __future__ import annotations

from simlane.sim.legacy.known_simulators import KNOWN_SIMULATORS
from simlane.upgrade.adoption.acts import literal
from simlane.upgrade.adoption.mapping import Mapping
from simlane.upgrade.schema import Column

#: What may be missing without a word of the mapping file: the value that the old release gives a new row.
USUAL: dict[tuple[str, str], str | bool] = {
    ("users_user", "first_name"): "",
    ("users_user", "last_name"): "",
    ("users_user", "email"): "",
    ("users_user", "is_staff"): False,
    ("users_user", "is_superuser"): False,
    ("users_user", "is_active"): True,
    ("sim_simprofile", "is_verified"): False,
    ("sim_event", "event_source"): "manual",
}
#: Where a simulator that SimLane does not know keeps the id that its profiles came with.
OTHER_KEY = "platform_id"


def platform_data(mapping: Mapping, row: str, simulators: str, simulator: str) -> str:
    """A profile's `profile_data` with its platform's id under the first key that counts for its simulator.

    `simulators` is the install's table, `simulator` the profiles' column that points at its key.
    """
    column = f'{row}."{mapping.platform_column}"'
    value = f"{column} ->> {literal(mapping.platform_key)}" if mapping.platform_key else f"{column}::text"
    cases = " ".join(
        f"WHEN s.slug IN ({', '.join(map(literal, (each.slug, *each.aliases)))}) THEN {literal(each.legacy_keys[0])}"
        for each in KNOWN_SIMULATORS
    )
    name = f'(SELECT CASE {cases} ELSE {literal(OTHER_KEY)} END FROM "{simulators}" s WHERE s.id = {row}."{simulator}")'
    return (
        f"CASE WHEN COALESCE({value}, '') = '' THEN '{{}}'::jsonb "
        f"ELSE jsonb_build_object(COALESCE({name}, {literal(OTHER_KEY)}), {value}) END"
    )


def default_for(column: Column) -> str | None:
    """What a column that the new release does not know is given in a row of its own; None where nothing fits.

    A key, a check or a unique index might not take the same value twice: such a column is left empty instead.
    """
    if column.bound:
        return None
    kind = column.type
    if kind.startswith("varchar") or kind in {"text", "citext"}:
        return "''"
    if kind.startswith(("timestamp", "date", "time")):
        return "now()"
    if kind in {"bigint", "integer", "smallint", "real", "double precision"} or kind.startswith("numeric"):
        return "0"
    return {"boolean": "false", "jsonb": "'{}'", "json": "'{}'", "uuid": "gen_random_uuid()"}.get(kind)


def new_key(type_: str) -> str | None:
    """What numbers rows in a key of the install's own type; None where that is not known."""
    if type_ == "uuid":
        return "gen_random_uuid()"
    if type_ == "text" or type_.startswith("varchar"):
        size = int(type_[8:-1]) if "(" in type_ else 32
        return f"left(replace(gen_random_uuid()::text, '-', ''), {size})" if size >= 16 else None
    return None
