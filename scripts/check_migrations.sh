#!/bin/bash
# Checks that no migration is missing, and that each is safe while the old and the new code both serve.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What the linter may find and we accept, each with its reason.
accepted=(
    # The old schema, as installs already have it.
    0001_initial 0002_simulator_slug 0003_fill_simulator_slug 0004_alter_simulator_slug
    0005_simprofile_profile_data 0006_event 0007_event_event_source 0008_alter_event_event_source
    # The contract step: it runs when no old code serves any more.
    0011_add_unique_constraint 0012_remove_user
    # Its constraints are on tables that it makes.
    0021_results
    # Its unique index is of a column that every row of the old release leaves empty, which is not in it.
    0028_events
    # Their uniqueness takes the place of one without the scope, which asked for more.
    0041_keep_scopes 0007_keep_scopes
    # Their unique indexes are of columns that no row has a value in yet; the second is built while others write.
    0048_slugs 0014_keep_follows
    # It drops the number of laps, which no release reads by or writes: the database made it.
    0053_lap_key
)

# The tests' settings have the linter; it reads the SQL that PostgreSQL would be given.
export DJANGO_SETTINGS_MODULE=tests.settings SIMLANE_TEST_DATABASE=postgresql
# Our own apps: allauth's of OpenID leaves the type of its keys to the project's default, and has migrations of another.
.venv/bin/python manage.py makemigrations sim results users leagues ratings upgrade watch --check --dry-run --skip-checks --verbosity 0 ||
    { echo "simlane: a model has changed without its migration: run manage.py makemigrations." >&2; exit 1; }
.venv/bin/python manage.py lintmigrations --skip-checks --no-cache --include-apps sim results users leagues ratings watch \
    --ignore-name "${accepted[@]}" --quiet ok ignore warning
