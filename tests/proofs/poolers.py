"""What a proof puts between threads and PostgreSQL: an imitation inside of this process, or a real PgBouncer."""

import os
import queue
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db import connections

from casehug.local import accounts, ports, processes

# Debian puts it where only administrators look.
SEARCHED = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


def program() -> str | None:
    """Return where PgBouncer is installed, if it is."""
    return shutil.which("pgbouncer", path=SEARCHED)


class Imitated:
    """A few server connections of our own, each handed out for one transaction."""

    def __init__(self, size: int) -> None:
        self.wrappers = [connections["default"].copy() for _ in range(size)]
        self.free: queue.Queue[Any] = queue.Queue()
        for wrapper in self.wrappers:
            wrapper.inc_thread_sharing()
            wrapper.ensure_connection()
            self.free.put(wrapper.connection)

    def borrow(self, work: Callable[[], int]) -> int:
        """Run one transaction on whichever server connection is free."""
        mine, server = connections["default"], self.free.get()
        mine.connection, mine.autocommit, mine.needs_rollback = server, True, False
        mine.in_atomic_block, mine.savepoint_ids, mine.closed_in_transaction = False, [], False
        try:
            return work()
        finally:
            mine.connection = None
            self.free.put(server)

    def leave(self) -> None:
        """A thread ends: it holds nothing of its own."""

    def close(self) -> None:
        """End the server connections."""
        for wrapper in self.wrappers:
            wrapper.close()


class PgBouncer:
    """A PgBouncer in transaction mode with `size` server connections; threads keep connections to it."""

    def __init__(self, size: int, folder: Path) -> None:
        self.account = accounts.server_account()
        self.home = accounts.new_home(self.account, prefix="casehug-pooler-") if self.account else folder
        self.port, self.log = ports.free_port(), folder / "pgbouncer.log"
        for name, text in (("users", self._users()), ("pgbouncer.ini", self._settings(size))):
            path = self.home / name
            path.write_text(text, "utf-8")
            path.chmod(0o600)
            if self.account:
                os.chown(path, self.account.uid, self.account.gid)
        self.child = processes.spawn(
            [str(program()), str(self.home / "pgbouncer.ini")], env=accounts.clean_environment(), log=self.log,
            account=self.account, death_signal=signal.SIGKILL,
        )  # fmt: skip
        self._await()

    def _users(self) -> str:
        url = urlsplit(os.environ["DATABASE_URL"])
        return f'"{url.username}" "{unquote(url.password or "")}"\n'

    def _settings(self, size: int) -> str:
        url = urlsplit(os.environ["DATABASE_URL"])
        return "\n".join([
            "[databases]", f"* = host={url.hostname} port={url.port}", "[pgbouncer]", "listen_addr = 127.0.0.1",
            f"listen_port = {self.port}", "unix_socket_dir =", "auth_type = scram-sha-256",
            f"auth_file = {self.home / 'users'}", "pool_mode = transaction", f"default_pool_size = {size}",
            "max_client_conn = 1000", "",
        ])  # fmt: skip

    def _await(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection((ports.LOOPBACK, self.port), timeout=1).close()
                return
            except OSError:
                assert self.child.poll() is None and time.monotonic() < deadline, processes.tail(self.log)
                time.sleep(0.05)

    def borrow(self, work: Callable[[], int]) -> int:
        """Run one transaction; PgBouncer chooses the server connection."""
        return work()

    def leave(self) -> None:
        """A thread ends: close its connection to PgBouncer."""
        connections["default"].close()

    def close(self) -> None:
        """End it and remove its files."""
        processes.end(self.child, seconds=8)
        if self.account:
            shutil.rmtree(self.home, ignore_errors=True)
