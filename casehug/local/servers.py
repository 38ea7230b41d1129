"""The two servers of a run: given by DATABASE_URL and REDIS_URL, else embedded ones that start side by side."""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from casehug.local import accounts
from casehug.local.postgres import Postgres
from casehug.local.roles import Passwords, ensure_database
from casehug.local.state import StateFolder, read_json, write_private
from casehug.local.valkey import Valkey


@dataclass
class Servers:
    """Where the servers are; `postgres` and `valkey` are None when the person brought their own."""

    environment: dict[str, str] = field(default_factory=dict)
    postgres: Postgres | None = None
    valkey: Valkey | None = None
    notes: list[str] = field(default_factory=list)

    def stop(self, *, seconds: float = 15) -> None:
        """Stop the broker, then the database."""
        if self.valkey is not None:
            self.valkey.stop()
        if self.postgres is not None:
            self.postgres.stop(seconds=seconds)


def start_servers(
    *,
    home: Path,
    logs: Path,
    database: str,
    admin_password: str,
    passwords: Passwords,
    ports: tuple[int, int] = (0, 0),
    given: dict[str, str] | None = None,
    durable: bool = True,
) -> Servers:
    """Start what is not given and return both servers with the variables that lead to them.

    `ports` are the preferred ones for Postgres and Valkey. Whatever was started is stopped again if a step fails.
    """
    account = accounts.server_account()
    servers = Servers(environment=dict(given or {}))
    try:
        if "DATABASE_URL" not in servers.environment:
            log = logs / "postgres.log"
            postgres = Postgres(home=home, account=account, log=log, password=admin_password, durable=durable)
            postgres.create()
            postgres.launch(ports[0])
            servers.postgres = postgres
        if "REDIS_URL" not in servers.environment:
            log, password = logs / "valkey.log", secrets.token_urlsafe(24)
            servers.valkey = Valkey(home=home, account=account, log=log, password=password, durable=durable)
            servers.valkey.launch(ports[1])
        _await(servers, database=database, passwords=passwords)
    except BaseException:
        servers.stop()
        raise
    return servers


def _await(servers: Servers, *, database: str, passwords: Passwords) -> None:
    postgres, valkey = servers.postgres, servers.valkey
    if postgres is not None:
        postgres.wait_ready()
        ensure_database(admin_url=postgres.admin_url(), database=database, passwords=passwords)
        servers.environment |= {
            "DATABASE_URL": postgres.url("cx_app", passwords.app, database),
            "DATABASE_OWNER_URL": postgres.url("cx_owner", passwords.owner, database),
            "DATABASE_RELAY_URL": postgres.url("cx_relay", passwords.relay, database),
        }
    if valkey is not None:
        valkey.wait_ready()
        servers.environment["REDIS_URL"] = valkey.url
        if valkey.set_aside is not None:
            servers.notes.append(f"The broker's file was damaged and lies in {valkey.set_aside}; no work is lost.")


def known_ports(state: StateFolder) -> tuple[int, int]:
    """Return the ports of the last run of this folder, 0 where there is none: open shells keep working."""
    found = read_json(state.root / "ports.json")
    return int(found.get("postgres", 0)), int(found.get("valkey", 0))


def remember_ports(state: StateFolder, servers: Servers) -> None:
    """Note the ports for the next start."""
    found = {
        "postgres": servers.postgres.port if servers.postgres else 0,
        "valkey": servers.valkey.port if servers.valkey else 0,
    }
    write_private(state.root / "ports.json", json.dumps(found))
