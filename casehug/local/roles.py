"""The database and its roles, made or repaired at each start by the superuser, who does nothing else.

The statements are in roles.sql, which psql can run as it is: docker-compose.yml does.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

STATEMENTS = Path(__file__).with_name("roles.sql")
# psql's own notation: :'name' is a quoted value, :"name" a quoted identifier.
VARIABLE = re.compile(r""":(['"])(\w+)\1""")


@dataclass(frozen=True)
class Passwords:
    """The passwords of the three roles that can log in."""

    owner: str
    app: str
    relay: str


def ensure_database(*, admin_url: str, database: str, passwords: Passwords) -> str:
    """Make the database unless it is there, then create or repair the roles; return the superuser's URL of it."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).rowcount:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    target = admin_url.rsplit("/", 1)[0] + f"/{database}"
    with psycopg.connect(target) as connection:
        connection.execute(statements(connection, database=database, passwords=passwords))
    return target


def statements(connection: psycopg.Connection[tuple[object, ...]], *, database: str, passwords: Passwords) -> bytes:
    """Return roles.sql with its psql variables filled in."""
    values = {
        "database": database,
        "owner_password": passwords.owner,
        "app_password": passwords.app,
        "relay_password": passwords.relay,
    }

    def filled(match: re.Match[str]) -> str:
        value = values[match[2]]
        part = sql.Literal(value) if match[1] == "'" else sql.Identifier(value)
        return part.as_string(connection)

    return VARIABLE.sub(filled, STATEMENTS.read_text("utf-8")).encode()
