"""An install of the old release to rehearse on: accounts and profiles as people make them, odd ones among them.

Made by the server, a statement for all rows, the same rows for the same number.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

SIMULATORS = (
    ("iracing", "iRacing"),
    ("assetto-corsa-competizione", "Assetto Corsa Competizione"),
    ("gran-turismo-7", "Gran Turismo 7"),
    ("home-brew", "Home brew"),
)
FIRST = ["Alice", "Bjørn", "Chloë", "Dmitri", "Eun-ji", "Fátima", "George", "Hēmi", "İpek", "João", "Kofi", "ΛΟΥΚΑΣ"]
LAST = ["Amber", "Brandt", "Çelik", "d'Arc", "Eriksen", "Fabbri", "O'Neill", "Žižka", "van der Berg", "Σίσυφος", ""]
#: One profile of so many claims the id of another one; of a thousand, so many have a name of 255 letters.
CONTESTED, LONG = 500, 3
#: One event for so many profiles.
EVENTS = 20


def populate(database: BaseDatabaseWrapper, rows: int, accounts: int) -> None:
    """Fills an empty database at `sim.0008` on PostgreSQL."""
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM sim_simulator")
        for slug, name in SIMULATORS:
            cursor.execute("INSERT INTO sim_simulator (slug, name, created_at) VALUES (%s, %s, now())", [slug, name])
        cursor.execute(
            """INSERT INTO users_user (password, is_superuser, username, first_name, last_name, email, is_staff,
                is_active, date_joined)
            SELECT '!', false, 'member' || n, (%(first)s::text[])[1 + n %% %(firsts)s],
                (%(last)s::text[])[1 + n / 7 %% %(lasts)s], 'member' || n || '@example.org', false, true,
                timestamptz '2020-01-01' + n * interval '1 minute'
            FROM generate_series(1, %(accounts)s) AS n""",
            {"first": FIRST, "firsts": len(FIRST), "last": LAST, "lasts": len(LAST), "accounts": accounts},
        )
        cursor.execute(
            """INSERT INTO sim_simprofile
                (id, user_id, simulator_id, profile_name, profile_data, is_verified, created_at)
            SELECT md5('profile' || n)::uuid, u.first_id + n %% %(accounts)s,
                CASE WHEN n %% 10 < 5 THEN s.ids[1] WHEN n %% 10 < 8 THEN s.ids[2] WHEN n %% 10 = 8 THEN s.ids[3]
                    ELSE s.ids[4] END,
                CASE WHEN n %% 1000 < %(long)s THEN repeat('Ö', 255)
                    ELSE (%(first)s::text[])[1 + n %% %(firsts)s] || ' '
                        || (%(last)s::text[])[1 + n / 5 %% %(lasts)s] END,
                CASE WHEN n %% 10 < 4 THEN jsonb_build_object('cust_id', 100000 + given.id, 'licence', 'A')
                    WHEN n %% 10 < 7 THEN jsonb_build_object('player_id', 'S7656119' || lpad(given.id::text, 10, '0'))
                    WHEN n %% 20 = 7 THEN '[]' WHEN n %% 20 = 17 THEN 'null'
                    ELSE jsonb_build_object('note', 'none') END,
                n %% 3 = 0, timestamptz '2021-01-01' + n * interval '1 second'
            FROM generate_series(1, %(rows)s) AS n
            CROSS JOIN LATERAL (
                SELECT CASE WHEN n %% %(contested)s = 11 THEN n - 10 ELSE n END AS id
            ) AS given
            CROSS JOIN (SELECT MIN(id) AS first_id FROM users_user) AS u
            CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids FROM sim_simulator) AS s""",
            {
                "accounts": accounts,
                "rows": rows,
                "long": LONG,
                "contested": CONTESTED,
                "first": FIRST,
                "firsts": len(FIRST),
                "last": LAST,
                "lasts": len(LAST),
            },
        )
        cursor.execute(
            """INSERT INTO sim_event (simulator_id, name, starts_at, event_source, created_at)
            SELECT s.ids[1 + n %% 4], 'Round ' || n,
                CASE WHEN n %% 7 > 0 THEN timestamptz '2021-01-01' + n * interval '3 hours' END, 'league',
                timestamptz '2020-12-01' + n * interval '3 hours'
            FROM generate_series(1, %s) AS n CROSS JOIN (SELECT array_agg(id) AS ids FROM sim_simulator) AS s""",
            [rows // EVENTS],
        )
        cursor.execute("ANALYZE")
