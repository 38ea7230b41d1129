"""The product as real processes: stand-in, web, relay, beat and worker, each started, killed and started again."""

import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

from casehug.local import processes, product
from casehug.local.errors import LocalError
from casehug.local.state import PROJECT


class Parts:
    """Processes on the servers that the environment names. Start them from the main thread only."""

    def __init__(self, folder: Path, *, base_url: str, standin_url: str) -> None:
        self.folder, self.logs = folder, folder
        self.base_url, self.standin_url = base_url, standin_url
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def start_standin(self) -> None:
        """Start the stand-in (again); its store survives."""
        port = urlsplit(self.standin_url).port or 0
        self.spawn("standin", product.standin_command(port, self.folder / "lawmatics-standin.sqlite3"))

    def start_web(self, env: dict[str, str] | None = None) -> None:
        """Start the web server (again)."""
        self.spawn("web", product.web_command(urlsplit(self.base_url).port or 0), env)

    def start_relay(self, env: dict[str, str] | None = None) -> None:
        """Start the relay (again)."""
        self.spawn("relay", product.relay_command(), env)

    def start_beat(self) -> None:
        """Start beat (again); most tests do without its ticks."""
        self.spawn("beat", product.beat_command(self.folder))

    def restart_worker(self, env: dict[str, str] | None = None, *, command: list[str] | None = None) -> int:
        """End the worker if it runs and start one, with more variables or another command line; return its pid."""
        self.spawn("worker", command or product.worker_command(), env)
        return self.worker_pid

    def await_worker(self, since: int) -> None:
        """Wait until the worker takes work: it says so in its log, behind byte `since`."""
        deadline = time.monotonic() + 60
        while " ready." not in processes.tail(self.logs / "worker.log", lines=60, since=since):
            self.check()
            if time.monotonic() > deadline:
                raise LocalError("The worker did not become ready within 60 seconds.")
            time.sleep(0.1)

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

    def check(self) -> None:
        """Raise with the end of its log when a process has ended."""
        for name, child in self.children.items():
            if child.poll() is not None:
                raise LocalError(f"{name} ended:\n{self.log(name)}")

    def stop(self) -> None:
        """End everything."""
        for child in self.children.values():
            processes.send(child, signal.SIGTERM)
        for name in list(self.children):
            self.stop_one(name)

    def spawn(self, name: str, command: list[str], env: dict[str, str] | None = None) -> None:
        """Start a process under a name; the one that had the name ends first."""
        self.stop_one(name)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
        self.children[name] = processes.spawn(
            command, env=environment | (env or {}), log=self.logs / f"{name}.log", cwd=PROJECT,
            death_signal=signal.SIGKILL,
        )  # fmt: skip

    def await_answer(self, name: str, url: str) -> None:
        """Wait until an address answers. Raises with the end of the log when the process ends instead."""
        try:
            product.wait_until_answers(url, seconds=60, check=self.check)
        except LocalError as error:
            raise LocalError(f"{error}\n{self.log(name)}") from None
