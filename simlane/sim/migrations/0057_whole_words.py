"""Names are found by their whole words: of three-letter pieces a mistyped word has more to join the more names there are."""

from simlane.sim.legacy import indexes, recorded

NAME = "sim_profilename_words_idx"


def install(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    definition = "sim_profilename USING gin (string_to_array(folded, ' '))"
    indexes.build_index(schema_editor, NAME, f"CREATE INDEX CONCURRENTLY {NAME} ON {definition}")
    # How often each word is met: until that is known every word counts as a common one.
    schema_editor.execute("ANALYZE sim_profilename")


def remove(apps, schema_editor):
    schema_editor.execute(f"DROP INDEX IF EXISTS {NAME}")


class Migration(recorded.Migration):
    # The index is built while names are written.
    atomic = False
    dependencies = [("sim", "0056_keep_lap_pit")]

    operations = [recorded.RunPython(install, remove)]
