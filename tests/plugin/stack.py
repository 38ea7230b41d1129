"""The product as real processes on the test database: worker, relay, web and the Lawmatics stand-in."""

import os
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from casehug.local import processes, product
from casehug.local.errors import LocalError
from casehug.local.state import PROJECT


class Stack:
    """Running processes; `base_url` and `standin_url` are those in the settings of the tests themselves."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.logs = folder, folder
        self.base_url = os.environ["CASEHUG_BASE_URL"]
        self.standin_url = os.environ["CASEHUG_STANDIN_URL"]
        self.receiver_port = int(os.environ["CASEHUG_OUTBOUND_LOCAL"].rsplit(":", 1)[-1])
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all four and wait until web and stand-in answer."""
        self.start_standin()
        self.start_web()
        self.start_relay()
        self.restart_worker()
        self._await("standin", f"{self.standin_url}/healthz")
        self._await("web", f"{self.base_url}/readyz")

    def start_standin(self) -> None:
        """Start the stand-in (again); its store survives."""
        port = urlsplit(self.standin_url).port or 0
        self._spawn("standin", product.standin_command(port, self.folder / "lawmatics-standin.sqlite3"))

    def start_web(self) -> None:
        """Start the web server (again)."""
        self._spawn("web", product.web_command(urlsplit(self.base_url).port or 0))

    def start_relay(self) -> None:
        """Start the relay (again)."""
        self._spawn("relay", product.relay_command())

    def start_beat(self) -> None:
        """Start beat (again); most tests do without its ticks."""
        self._spawn("beat", product.beat_command(self.folder))

    def restart_worker(self, env: dict[str, str] | None = None, *, command: list[str] | None = None) -> int:
        """End the worker if it runs and start one, with more variables or another command line; return its pid."""
        self._spawn("worker", command or product.worker_command(), env)
        return self.worker_pid

    def kill_worker(self) -> None:
        """SIGKILL the worker, as the kernel does when memory runs out."""
        processes.kill_group(self.children["worker"])

    @property
    def worker_pid(self) -> int:
        """The worker's process number."""
        return self.children["worker"].pid

    def worker_is_alive(self) -> bool:
        """Whether the worker still runs."""
        return self.children["worker"].poll() is None

    def stop_one(self, name: str) -> None:
        """End one process: standin, web, relay, worker or beat."""
        child = self.children.pop(name, None)
        if child is not None:
            processes.end(child, seconds=8)

    def log(self, name: str, *, lines: int = 40) -> str:
        """Return the end of a process's log."""
        return processes.tail(self.logs / f"{name}.log", lines=lines)

    def stop(self) -> None:
        """End everything."""
        wake_only_for(True)
        for child in self.children.values():
            processes.send(child, signal.SIGTERM)
        for name in list(self.children):
            self.stop_one(name)

    def _spawn(self, name: str, command: list[str], env: dict[str, str] | None = None) -> None:
        self.stop_one(name)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
        environment |= env or {}
        log = self.logs / f"{name}.log"
        self.children[name] = processes.spawn(
            command, env=environment, log=log, cwd=PROJECT, death_signal=signal.SIGKILL
        )

    def _await(self, name: str, url: str) -> None:
        def check() -> None:
            if self.children[name].poll() is not None:
                raise LocalError(f"{name} ended:\n{self.log(name)}")

        try:
            product.wait_until_answers(url, seconds=60, check=check)
        except LocalError as error:
            raise LocalError(f"{error}\n{self.log(name)}") from None


_stack: Stack | None = None


def wake_only_for(wanted: bool) -> None:
    """Stop the relay's process while a test works alone on committed rows: without it no worker is rung."""
    child = _stack.children.get("relay") if _stack is not None else None
    if child is not None and child.poll() is None:
        os.kill(child.pid, signal.SIGCONT if wanted else signal.SIGSTOP)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Generator[Stack]:
    """Start the product's processes once, for the tests that need them; use it together with `committed_db`."""
    global _stack
    _stack = Stack(tmp_path_factory.mktemp("stack"))
    try:
        _stack.start()
        yield _stack
    finally:
        _stack.stop()
        _stack = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the processes said when a test that uses them fails."""
    report = yield
    if report.failed and _stack is not None and "stack" in getattr(item, "fixturenames", ()):
        for name in _stack.children:
            report.sections.append((f"log of {name}", _stack.log(name)))
    return report
