"""Servers of the person's own: DATABASE_URL and REDIS_URL always win, and are looked at before anything starts."""

import os
from urllib.parse import urlsplit

import psycopg

from casehug.local.errors import LocalError
from casehug.local.postgres import LOWEST_MAJOR

NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_RELAY_URL", "REDIS_URL")
TESTED_MAJOR = 18


def given_servers() -> dict[str, str]:
    """Return the server variables that the person set; a half-given, unreachable or unfit database is refused."""
    given = {name: os.environ[name] for name in NAMES if os.environ.get(name)}
    if "DATABASE_URL" in given and "DATABASE_RELAY_URL" not in given:
        raise LocalError(
            "DATABASE_URL is set but DATABASE_RELAY_URL is not: the relay uses its own narrow role. "
            "casehug/local/roles.sql makes the roles on a server of your own."
        )
    if "DATABASE_URL" not in given and given.keys() & {"DATABASE_OWNER_URL", "DATABASE_RELAY_URL"}:
        raise LocalError("DATABASE_OWNER_URL and DATABASE_RELAY_URL mean nothing without DATABASE_URL: set it or none.")
    for name, url in given.items():
        if name == "REDIS_URL":
            check_broker(url)
        else:
            check_database(name, url)
    return given


def place(url: str) -> str:
    """Return host and port of a URL, never its password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def check_database(name: str, url: str) -> None:
    """Refuse a database that does not answer, is too old, or whose application role stands above row security."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            major = connection.info.server_version // 10_000
            row = connection.execute(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as error:
        text = str(error)
        reason = "refuses the login" if "password" in text or "role" in text else "does not answer"
        raise LocalError(f"{name}: the PostgreSQL at {place(url)} {reason}.") from None
    if major < LOWEST_MAJOR:
        raise LocalError(f"{name}: PostgreSQL {major} at {place(url)} is too old; {LOWEST_MAJOR} is the lowest.")
    if major != TESTED_MAJOR:
        print(f"Note: PostgreSQL {major} at {place(url)}; {TESTED_MAJOR} is the version we test with.", flush=True)
    if row is None or row[0]:
        raise LocalError(
            f"{name}: this role is a superuser or bypasses row security, so firms would not be kept apart; "
            "use the roles of casehug/local/roles.sql."
        )


def check_broker(url: str) -> None:
    """Refuse a broker that does not answer."""
    import redis  # only here: every embedded start would pay for the import

    try:
        redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5).ping()
    except (redis.RedisError, OSError, ValueError) as error:
        reason = "refuses the login" if isinstance(error, redis.AuthenticationError) else "does not answer"
        raise LocalError(f"REDIS_URL: the broker at {place(url)} {reason}.") from None
