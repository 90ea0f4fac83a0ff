"""Whether a connection pooler stands between us and PostgreSQL: the upgrade needs a session of its own.

It asks the server nothing but which process answers, and leaves nothing behind in a session that others get.
"""

from __future__ import annotations

from django.db import connection, transaction

#: Behind a pooler each transaction may be answered by another process; one look suffices for PgBouncer.
LOOKS = 3


def hindrance() -> str | None:
    """What stops the upgrade, and what to do; None when the server itself answers.

    PostgreSQL names its process when a session begins. A pooler makes up a number of its own for that, because the
    session is not one process to it.
    """
    if connection.vendor != "postgresql":
        return None
    connection.ensure_connection()
    promised = connection.connection.info.backend_pid
    for _ in range(LOOKS):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (answering,) = cursor.fetchone()
        if answering != promised:
            given = connection.settings_dict
            return (
                f"A connection pooler (PgBouncer or the like) answers at {given['HOST']}:{given['PORT'] or 5432}. An "
                "index that is built while the site serves belongs to no transaction: its time limits would stay in "
                "sessions that others get. Give this command the server's own address in DATABASE_URL; the site may "
                "stay behind the pooler."
            )
    return None
