"""The embedded servers: real ones, closed to strangers, and they come back after every kind of end."""

import os
import shutil
import signal
import socket
import time
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from casehug.local import accounts, processes
from casehug.local.errors import LocalError
from casehug.local.postgres import Postgres
from casehug.local.valkey import Valkey


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """A folder for server data that the servers' account can enter."""
    account = accounts.server_account()
    folder = accounts.new_home(account, prefix="casehug-test-", parent=Path("/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def postgres(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Postgres]:
    """A durable cluster that is not running."""
    log = tmp_path_factory.mktemp("logs") / "postgres.log"
    server = Postgres(home=home, account=accounts.server_account(), log=log, password="correct-horse")
    server.create()
    yield server
    server.stop()


@pytest.fixture
def valkey(home: Path, tmp_path: Path) -> Generator[Valkey]:
    """A durable broker that is not running."""
    server = Valkey(home=home, account=accounts.server_account(), log=tmp_path / "v.log", password="battery-staple")
    yield server
    server.stop()


def started(server: Postgres | Valkey, port: int = 0) -> None:
    server.launch(port)
    server.wait_ready()


def one(server: Postgres, question: str) -> object:
    with psycopg.connect(server.admin_url()) as connection:
        row = connection.execute(question).fetchone()  # type: ignore[arg-type]
        return row[0] if row else None


def test_postgres_is_18_with_the_production_locale(postgres: Postgres) -> None:
    started(postgres)
    assert str(one(postgres, "SHOW server_version")).startswith("18.")
    locale = "concat_ws(' ', datlocprovider, datlocale, pg_encoding_to_char(encoding))"
    assert one(postgres, f"SELECT {locale} FROM pg_database WHERE datname = 'postgres'") == "b C.UTF-8 UTF8"
    assert one(postgres, "SHOW data_checksums") == "on"
    assert one(postgres, "SHOW fsync") == "on"
    postgres.stop()


def test_nobody_enters_without_a_password(postgres: Postgres) -> None:
    started(postgres)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgres://postgres@127.0.0.1:{postgres.port}/postgres")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgres://postgres:wrong@127.0.0.1:{postgres.port}/postgres")
    assert one(postgres, "SHOW unix_socket_directories") == ""
    assert one(postgres, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'") == 0
    assert not (postgres.home / "initial-password").exists()
    postgres.stop()


def test_root_hands_the_server_to_an_account_without_rights(postgres: Postgres) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    started(postgres)
    assert postgres.child is not None
    status = Path(f"/proc/{postgres.child.pid}/status").read_text()
    uids = next(line.split()[1:] for line in status.splitlines() if line.startswith("Uid:"))
    groups = next(line.split()[1:] for line in status.splitlines() if line.startswith("Groups:"))
    assert "0" not in uids and groups == []
    postgres.stop()


def test_a_port_taken_between_choosing_and_binding_is_changed(postgres: Postgres) -> None:
    with socket.socket() as thief:
        thief.bind(("127.0.0.1", 0))
        thief.listen()
        taken = thief.getsockname()[1]
        postgres.await_predecessor()
        postgres._launch(taken)  # as if it had been free a moment ago
        postgres.wait_ready()
        assert postgres.port != taken
    postgres.stop()


def test_callers_variables_do_not_reach_the_server(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nonexistent")
    started(postgres)
    assert one(postgres, "SELECT 1") == 1
    postgres.stop()


def test_data_survives_a_kill_and_a_stale_pid_file(postgres: Postgres) -> None:
    started(postgres)
    with psycopg.connect(postgres.admin_url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    assert postgres.child is not None
    processes.kill_group(postgres.child)
    assert (postgres.data / "postmaster.pid").exists()
    started(postgres)
    assert one(postgres, "SELECT n FROM kept") == 42
    postgres.stop()


def test_a_pid_file_that_names_a_stranger_is_dropped(postgres: Postgres) -> None:
    pid_file = postgres.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{postgres.data}\n")  # alive, but not a database
    started(postgres)
    assert one(postgres, "SELECT 1") == 1
    postgres.stop()


def test_another_major_version_is_refused_with_both_numbers(postgres: Postgres) -> None:
    version = postgres.data / "PG_VERSION"
    version.write_text("16\n")
    try:
        with pytest.raises(LocalError, match=r"PostgreSQL 16.*version 18.*--reset"):
            postgres.create()
    finally:
        version.write_text("18\n")


def test_binaries_can_be_chosen_and_too_old_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "postgres"
    old.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.9'\n")
    old.chmod(0o755)
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/tmp") and folder.is_relative_to("/tmp"):
            folder.chmod(0o755)
    monkeypatch.setenv("EMBEDDED_PG_BIN", str(tmp_path))
    with pytest.raises(LocalError, match="version 15"):
        Postgres(home=tmp_path, account=accounts.server_account(), log=tmp_path / "log", password="x")


def test_valkey_wants_its_password_and_keeps_it_out_of_arguments_and_files(valkey: Valkey) -> None:
    started(valkey)
    assert valkey.child is not None
    assert valkey.password not in processes.command_line(valkey.child.pid)
    assert not [path for path in valkey.home.rglob("*.conf") if valkey.password in path.read_text()]
    assert ask(valkey, "PING").startswith("-NOAUTH")
    assert "noeviction" in ask(valkey, f"AUTH {valkey.password}", "CONFIG GET maxmemory-policy")
    assert "everysec" in ask(valkey, f"AUTH {valkey.password}", "CONFIG GET appendfsync")


def test_a_broken_broker_file_is_set_aside(valkey: Valkey) -> None:
    started(valkey)
    ask(valkey, f"AUTH {valkey.password}", "SET a 1")
    time.sleep(1.2)  # everysec
    valkey.stop()
    part = next((valkey.data / "appendonlydir").glob("*.incr.aof"))
    part.write_bytes(b"*3\r\nrubbish that is no command\r\n" * 20)
    started(valkey)
    assert valkey.set_aside is not None and valkey.set_aside.is_dir()
    assert ask(valkey, f"AUTH {valkey.password}", "DBSIZE").endswith(":0\r\n")


def test_valkey_ends_in_order_when_told(valkey: Valkey) -> None:
    started(valkey)
    assert valkey.child is not None
    valkey.child.send_signal(signal.SIGTERM)
    assert valkey.child.wait(timeout=5) == 0


def ask(server: Valkey, *commands: str) -> str:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as link:
        link.sendall("".join(f"{command}\r\n" for command in commands).encode())
        link.shutdown(socket.SHUT_WR)
        answer = b""
        while part := link.recv(4096):
            answer += part
    return answer.decode()
