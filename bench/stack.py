"""The product's own processes for a run: durable Postgres, Valkey, stand-in, relay, worker, in a temporary folder."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import machine
from bench.standin import StandIn
from casehug.local import environment, migrations, ports, processes, product
from casehug.local.accounts import new_home, server_account
from casehug.local.errors import LocalError
from casehug.local.roles import Passwords
from casehug.local.servers import Servers, start_servers
from casehug.local.state import PROJECT, StateFolder


class Stack:
    """What runs. After `start` this process is a part of the product too: Django is set up on the same database."""

    def __init__(self, folder: Path) -> None:
        self.state = StateFolder(folder / "state").create()
        self.account = server_account()
        self.home = new_home(self.account, prefix="casehug-bench-") if self.account else folder
        self.servers = Servers()
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.standin_url = f"http://127.0.0.1:{ports.free_port()}"

    def start(self) -> None:
        """Start everything; the settings of the servers are those of `manage.py up`."""
        secrets = self.state.secrets()
        passwords = Passwords(secrets["database_owner"], secrets["database_app"], secrets["database_relay"])
        self.servers = start_servers(
            home=self.home, logs=self.state.logs, database="casehug_bench", admin_password=secrets["database_admin"],
            passwords=passwords,
        )  # fmt: skip
        variables = environment.product_variables(
            self.state, servers=self.servers.environment, base_url="http://127.0.0.1:8000", standin_url=self.standin_url
        )
        os.environ.update(environment.process_environment(variables))
        migrations.migrate(variables)
        port = int(self.standin_url.rsplit(":", 1)[1])
        self.launch("standin", product.standin_command(port, self.state.root / "lawmatics-standin.sqlite3"))
        self.launch("relay", product.relay_command())
        product.wait_until_answers(f"{self.standin_url}/healthz", seconds=60, check=self.check)
        set_up_django()

    def fresh(self) -> None:
        """Empty the stand-in and start a new worker, so that no measurement sees traces of an earlier one."""
        StandIn(self.standin_url).reset()
        if "worker" in self.children:
            processes.kill_group(self.children.pop("worker"))
        since = processes.size(self.state.logs / "worker.log")
        self.launch("worker", product.worker_command())
        self.await_worker(since)

    def launch(self, name: str, command: list[str]) -> None:
        """Start one process."""
        log = self.state.logs / f"{name}.log"
        self.children[name] = processes.spawn(
            command, env=dict(os.environ), log=log, cwd=PROJECT, death_signal=signal.SIGKILL
        )

    def await_worker(self, since: int) -> None:
        """Wait until the worker takes work: it says so in its log, behind byte `since`."""
        deadline = time.monotonic() + 60
        while " ready." not in processes.tail(self.state.logs / "worker.log", lines=60, since=since):
            self.check()
            if time.monotonic() > deadline:
                raise LocalError("The worker did not become ready within 60 seconds.")
            time.sleep(0.1)

    def check(self) -> None:
        """Raise with the end of its log when a process has ended."""
        for name, child in self.children.items():
            if child.poll() is not None:
                raise LocalError(f"{name} ended:\n{processes.tail(self.state.logs / f'{name}.log')}")

    def processor_seconds(self) -> dict[str, float]:
        """Return the processor time used so far, by process."""
        pids = {name: child.pid for name, child in self.children.items()}
        for name, server in (("postgres", self.servers.postgres), ("valkey", self.servers.valkey)):
            if server is not None and server.child is not None:
                pids[name] = server.child.pid
        return {name: machine.processor_seconds(pid) for name, pid in pids.items()}

    def stop(self) -> None:
        """End everything and remove its files."""
        for child in self.children.values():
            processes.kill_group(child)  # nothing in their memory matters any more
        self.servers.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def set_up_django() -> None:
    """Make this process a part of the product; its own log lines would only be noise between the tables."""
    import logging

    import django

    django.setup()
    logging.disable(logging.INFO)


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Start the product for the time of the block."""
    with tempfile.TemporaryDirectory(prefix="casehug-bench-") as folder:
        stack = Stack(Path(folder))
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()
