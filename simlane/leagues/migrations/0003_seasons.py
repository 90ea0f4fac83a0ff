"""Seasons: their rules, points, rounds, entry lists and standings."""

import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models

from simlane.sim.legacy import recorded
from simlane.sim.legacy.preserving import PreserveOnReverse

#: Standings are made anew, and so are no rows to keep.
KEPT = ("season", "seasonclass", "pointstable", "placepoints", "round", "roundrace", "team", "seasonentry")


class Migration(recorded.Migration):
    dependencies = [("leagues", "0002_keep"), ("sim", "0039_keep_leagues")]

    operations = [
        recorded.AtOnce(
            migrations.CreateModel(
                name="Season",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "league",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="seasons",
                            to="sim.league",
                        ),
                    ),
                    (
                        "simulator",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="sim.simulator",
                        ),
                    ),
                    ("name", models.CharField(max_length=100)),
                    (
                        "slug",
                        models.SlugField(
                            help_text="The season's address within the league. Small letters, digits and hyphens.",
                            max_length=60,
                        ),
                    ),
                    ("description", models.TextField(blank=True, max_length=4000)),
                    (
                        "state",
                        models.CharField(
                            choices=[("draft", "Draft"), ("running", "Running"), ("final", "Final")],
                            default="draft",
                            max_length=10,
                        ),
                    ),
                    (
                        "scope",
                        models.CharField(
                            choices=[("overall", "Overall"), ("class", "In each class")],
                            default="overall",
                            help_text="By which places",
                            max_length=10,
                            verbose_name="points are given",
                        ),
                    ),
                    (
                        "drop_rounds",
                        models.PositiveSmallIntegerField(
                            default=0, help_text="How many of a driver's worst rounds fall away"
                        ),
                    ),
                    (
                        "team_drop_rounds",
                        models.PositiveSmallIntegerField(
                            default=0, help_text="How many of a team's worst rounds fall away"
                        ),
                    ),
                    (
                        "drops_disqualified",
                        models.BooleanField(
                            default=True,
                            help_text="Whether a round with one may fall away",
                            verbose_name="a disqualification may be dropped",
                        ),
                    ),
                    (
                        "team_cars",
                        models.PositiveSmallIntegerField(
                            blank=True,
                            help_text="How many of a team's cars count in a race, the best ones; empty: all",
                            null=True,
                        ),
                    ),
                    (
                        "minimum_distance",
                        models.PositiveSmallIntegerField(
                            default=0,
                            help_text="Percent of the laps of the class winner that a car must have driven to score",
                        ),
                    ),
                    (
                        "listed_only",
                        models.BooleanField(
                            default=False,
                            help_text="Others keep their places and get no points",
                            verbose_name="only the entry list scores",
                        ),
                    ),
                    (
                        "tie_break",
                        models.CharField(
                            choices=[
                                ("countback", "The better places, then the last race"),
                                ("shared", "Share the place"),
                            ],
                            default="countback",
                            help_text="Who is before whom",
                            max_length=10,
                            verbose_name="equal points",
                        ),
                    ),
                    (
                        "created_at",
                        models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                    ),
                ],
                options={
                    "ordering": ["-pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("league", "slug"),
                            name="leagues_season_once",
                            violation_error_message="Another season of the league has this address: choose another.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    (
                                        "slug__in",
                                        (
                                            "archive",
                                            "calendar",
                                            "decisions",
                                            "drivers",
                                            "edit",
                                            "events",
                                            "feed",
                                            "incidents",
                                            "names",
                                            "new",
                                            "people",
                                            "penalties",
                                            "protests",
                                            "records",
                                            "reports",
                                            "rulings",
                                            "seasons",
                                            "standings",
                                            "stewards",
                                            "tokens",
                                            "upload",
                                        ),
                                    ),
                                    _negated=True,
                                ),
                                models.Q(("slug", ""), _negated=True),
                                ("slug", django.db.models.functions.text.Lower("slug")),
                            ),
                            name="leagues_season_slug_free",
                            violation_error_message="This address is one of the league itself, or not in small letters: choose another.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("state__in", ["draft", "running", "final"])),
                            name="leagues_season_state",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("scope__in", ["overall", "class"])), name="leagues_season_scope"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("tie_break__in", ["countback", "shared"])),
                            name="leagues_season_tie_break",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("team_cars", None), ("team_cars__gte", 1), _connector="OR"),
                            name="leagues_season_team_cars",
                            violation_error_message="At least one of a team's cars counts.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("minimum_distance__lte", 100)),
                            name="leagues_season_minimum_distance",
                            violation_error_message="The minimum distance is a percentage: 0 to 100.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SeasonClass",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "season",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="classes",
                            to="leagues.season",
                        ),
                    ),
                    ("name", models.CharField(max_length=100)),
                    ("number", models.PositiveSmallIntegerField(default=1)),
                    (
                        "file_names",
                        models.TextField(blank=True, help_text="How result files name it, one a line", max_length=1000),
                    ),
                ],
                options={
                    "verbose_name_plural": "season classes",
                    "ordering": ["number", "pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("season", "name"),
                            name="leagues_seasonclass_once",
                            violation_error_message="The season has a class of this name already.",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PointsTable",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "season",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="points_tables",
                            to="leagues.season",
                        ),
                    ),
                    ("name", models.CharField(max_length=100)),
                    (
                        "counts_for",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("", "Only races that it is chosen for"),
                                ("race", "Every race"),
                                ("second", "Second race of a round, and later ones"),
                                ("sprint", "Sprints"),
                                ("heat", "Heats"),
                                ("feature", "Features"),
                            ],
                            default="",
                            max_length=10,
                        ),
                    ),
                    (
                        "pole",
                        models.BigIntegerField(
                            default=0, help_text="For who was first in qualifying, or else on the grid"
                        ),
                    ),
                    ("fastest_lap", models.BigIntegerField(default=0, help_text="For the fastest lap of the race")),
                    (
                        "fastest_lap_top",
                        models.PositiveSmallIntegerField(
                            blank=True,
                            help_text="The worst place that still gets it; empty: any",
                            null=True,
                            verbose_name="fastest lap only within",
                        ),
                    ),
                    (
                        "lap_led",
                        models.BigIntegerField(
                            default=0, help_text="For who led at least one lap", verbose_name="a lap led"
                        ),
                    ),
                    (
                        "most_laps_led",
                        models.BigIntegerField(default=0, help_text="For who led most laps; all of those with as many"),
                    ),
                ],
                options={
                    "ordering": ["pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("season", "name"),
                            name="leagues_pointstable_once",
                            violation_error_message="The season has a table of this name already: choose another name.",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("counts_for", ""), _negated=True),
                            fields=("season", "counts_for"),
                            name="leagues_pointstable_for_once",
                            violation_error_message="Another table of the season is for these races already.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("counts_for__in", ["", "race", "second", "sprint", "heat", "feature"])),
                            name="leagues_pointstable_counts_for",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("fastest_lap_top", None), ("fastest_lap_top__gte", 1), _connector="OR"),
                            name="leagues_pointstable_top",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("pole__gte", 0)), name="leagues_pointstable_pole_given"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("fastest_lap__gte", 0)), name="leagues_pointstable_fastest_lap_given"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("lap_led__gte", 0)), name="leagues_pointstable_lap_led_given"
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("most_laps_led__gte", 0)),
                            name="leagues_pointstable_most_laps_led_given",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="PlacePoints",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "table",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="places",
                            to="leagues.pointstable",
                        ),
                    ),
                    ("place", models.PositiveSmallIntegerField()),
                    ("points", models.BigIntegerField()),
                ],
                options={
                    "ordering": ["place"],
                    "constraints": [
                        models.UniqueConstraint(fields=("table", "place"), name="leagues_placepoints_once"),
                        models.CheckConstraint(condition=models.Q(("place__gte", 1)), name="leagues_placepoints_place"),
                        models.CheckConstraint(
                            condition=models.Q(("points__gte", 0)), name="leagues_placepoints_points_given"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Round",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "season",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="rounds",
                            to="leagues.season",
                        ),
                    ),
                    ("number", models.PositiveSmallIntegerField()),
                    ("name", models.CharField(blank=True, max_length=100)),
                    ("starts_at", models.DateTimeField(blank=True, null=True, verbose_name="planned start")),
                    (
                        "track",
                        models.ForeignKey(
                            blank=True,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to="sim.track",
                        ),
                    ),
                    (
                        "track_name",
                        models.CharField(
                            blank=True, help_text="As long as the track is not among those known", max_length=255
                        ),
                    ),
                    (
                        "event",
                        models.OneToOneField(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="round",
                            to="sim.event",
                        ),
                    ),
                    (
                        "finds_event",
                        models.BooleanField(
                            default=True, help_text="Whether its event is found by track and date when results come in"
                        ),
                    ),
                    (
                        "percent",
                        models.PositiveSmallIntegerField(
                            default=100, help_text="Of the points: 50 for half points, 200 for double"
                        ),
                    ),
                    (
                        "may_drop",
                        models.BooleanField(
                            default=True,
                            help_text="Whether it may fall away as a worst one",
                            verbose_name="may be dropped",
                        ),
                    ),
                    ("cancelled", models.BooleanField(default=False)),
                ],
                options={
                    "ordering": ["number"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("season", "number"),
                            name="leagues_round_once",
                            violation_error_message="The season has a round of this number already.",
                        ),
                        models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="leagues_round_number"),
                        models.CheckConstraint(
                            condition=models.Q(("percent__gte", 1), ("percent__lte", 1000)),
                            name="leagues_round_percent",
                            violation_error_message="A round gives 1 to 1000 percent of the points.",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="RoundRace",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "round",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="races",
                            to="leagues.round",
                        ),
                    ),
                    ("session_number", models.PositiveSmallIntegerField()),
                    (
                        "table",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="races",
                            to="leagues.pointstable",
                        ),
                    ),
                    ("chosen", models.BooleanField(default=False)),
                ],
                options={
                    "ordering": ["session_number"],
                    "constraints": [
                        models.UniqueConstraint(fields=("round", "session_number"), name="leagues_roundrace_once")
                    ],
                },
            ),
            migrations.CreateModel(
                name="Team",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "season",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="teams",
                            to="leagues.season",
                        ),
                    ),
                    ("name", models.CharField(max_length=100)),
                    ("folded", models.CharField(editable=False, max_length=255)),
                ],
                options={
                    "ordering": ["folded", "pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("season", "folded"),
                            name="leagues_team_once",
                            violation_error_message="The season has a team of this name already.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("name", ""), _negated=True), models.Q(("folded", ""), _negated=True)
                            ),
                            name="leagues_team_named",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SeasonEntry",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "season",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="entries",
                            to="leagues.season",
                        ),
                    ),
                    ("number", models.CharField(blank=True, max_length=20)),
                    ("driver_name", models.CharField(max_length=255)),
                    ("folded", models.CharField(editable=False, max_length=255)),
                    (
                        "identifier",
                        models.CharField(
                            blank=True,
                            help_text="Of the driver on the season's simulator, if it is known",
                            max_length=255,
                            verbose_name="platform id",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="entries",
                            to="leagues.team",
                        ),
                    ),
                    (
                        "season_class",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="entries",
                            to="leagues.seasonclass",
                            verbose_name="class",
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "season entries",
                    "ordering": ["number", "folded", "pk"],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("identifier", ""), _negated=True),
                            fields=("season", "identifier"),
                            name="leagues_seasonentry_id_once",
                            violation_error_message="The entry list has a driver with this platform id already.",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("identifier", "")),
                            fields=("season", "folded"),
                            name="leagues_seasonentry_name_once",
                            violation_error_message="The entry list has a driver of this name without a platform id already.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("driver_name", ""), _negated=True), models.Q(("folded", ""), _negated=True)
                            ),
                            name="leagues_seasonentry_named",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Standing",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "season",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="standings",
                            to="leagues.season",
                        ),
                    ),
                    ("kind", models.CharField(choices=[("driver", "Drivers"), ("team", "Teams")], max_length=6)),
                    (
                        "season_class",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="standings",
                            to="leagues.seasonclass",
                        ),
                    ),
                    ("row", models.PositiveIntegerField()),
                    ("place", models.PositiveIntegerField()),
                    ("gained", models.IntegerField(null=True)),
                    ("key", models.CharField(max_length=300)),
                    ("name", models.CharField(max_length=255)),
                    ("number", models.CharField(blank=True, max_length=20)),
                    (
                        "profile",
                        models.ForeignKey(
                            db_constraint=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="standings",
                            to="sim.simprofile",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="standings",
                            to="leagues.team",
                        ),
                    ),
                    ("points", models.BigIntegerField()),
                    ("points_driven", models.BigIntegerField()),
                    ("starts", models.PositiveIntegerField(default=0)),
                    ("wins", models.PositiveIntegerField(default=0)),
                    ("podiums", models.PositiveIntegerField(default=0)),
                    ("poles", models.PositiveIntegerField(default=0)),
                    ("fastest_laps", models.PositiveIntegerField(default=0)),
                    ("rounds", models.JSONField(default=list)),
                ],
                options={
                    "ordering": ["row"],
                    "constraints": [
                        models.UniqueConstraint(
                            models.F("season"),
                            models.F("kind"),
                            django.db.models.functions.comparison.Coalesce(models.F("season_class"), 0),
                            models.F("row"),
                            name="leagues_standing_row_once",
                        ),
                        models.UniqueConstraint(
                            models.F("season"),
                            models.F("kind"),
                            django.db.models.functions.comparison.Coalesce(models.F("season_class"), 0),
                            models.F("key"),
                            name="leagues_standing_key_once",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("kind", "driver"), models.Q(("kind", "team"), ("profile", None)), _connector="OR"
                            ),
                            name="leagues_standing_kind",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("place__gte", 1), ("place__lte", models.F("row"))),
                            name="leagues_standing_place",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="StandingsDue",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "season",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="due", to="leagues.season"
                        ),
                    ),
                    ("noted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ],
            ),
        ),
        *[PreserveOnReverse(table) for table in KEPT],
    ]
