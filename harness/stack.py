"""The product on servers of its own, in a temporary folder: durable Postgres, Valkey, stand-in, relay, worker."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from casehug.local import environment, migrations, ports, processes, product
from casehug.local.accounts import new_home, server_account
from casehug.local.roles import Passwords
from casehug.local.servers import Servers, start_servers
from casehug.local.state import StateFolder
from harness import machine
from harness.parts import Parts
from harness.standin import StandIn


class Stack(Parts):
    """What runs. After `start` this process is a part of the product too: Django is set up on the same database."""

    def __init__(self, folder: Path) -> None:
        self.state = StateFolder(folder / "state").create()
        urls = [f"http://127.0.0.1:{ports.free_port()}" for _ in range(3)]
        super().__init__(self.state.root, base_url=urls[0], standin_url=urls[1])
        self.exchange_url = urls[2]
        self.logs = self.state.logs
        self.account = server_account()
        self.home = new_home(self.account, prefix="casehug-run-") if self.account else folder
        self.servers = Servers()

    def start(self) -> None:
        """Start everything but web; the settings of the servers are those of `manage.py up`."""
        secrets = self.state.secrets()
        passwords = Passwords(secrets["database_owner"], secrets["database_app"], secrets["database_relay"])
        self.servers = start_servers(
            home=self.home, logs=self.logs, database="casehug_run", admin_password=secrets["database_admin"],
            passwords=passwords,
        )  # fmt: skip
        variables = environment.product_variables(
            self.state, servers=self.servers.environment, base_url=self.base_url, standin_url=self.standin_url,
            lexamica_url=self.exchange_url,
        )  # fmt: skip
        os.environ.update(environment.process_environment(variables))
        migrations.migrate(variables)
        self.start_standin()
        self.start_relay()
        self.await_answer("standin", f"{self.standin_url}/healthz")
        set_up_django()

    def start_exchange(self) -> StandIn:
        """Start the stand-in of the referral exchange, which most measurements do without."""
        port = int(self.exchange_url.rsplit(":", 1)[1])
        self.spawn("exchange", product.lexamica_command(port, self.folder / "exchange-standin.sqlite3"))
        self.await_answer("exchange", f"{self.exchange_url}/healthz")
        return StandIn(self.exchange_url)

    def fresh(self) -> None:
        """Empty the stand-in and start a new worker, so that no measurement sees traces of an earlier one."""
        StandIn(self.standin_url).reset()
        if "worker" in self.children:
            processes.kill_group(self.children.pop("worker"))
        since = processes.size(self.logs / "worker.log")
        self.restart_worker()
        self.await_worker(since)

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
    with tempfile.TemporaryDirectory(prefix="casehug-run-") as folder:
        stack = Stack(Path(folder))
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()
