"""The stand-in for Lexamica as a process of its own; started only for tests that ask for `exchange`."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from casehug.local.state import PROJECT


class Exchange:
    """One running stand-in: its process, address and control routes. `port` 0 takes a free one."""

    def __init__(self, store: Path, port: int = 0, **env: str) -> None:
        self.store = store
        # The stand-in must find its way whatever settings module the product's tests use.
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "LEXAMICA_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.lexamica", "--port", str(port), "--store", str(store)],
            cwd=PROJECT, env=clean | env, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found, f"the stand-in did not start: {line!r}"
        self.port, self.url = int(found[1]), found[0]
        self.http = requests.Session()
        self.http.trust_env = False

    def control(self, method: str, path: str, /, **body: Any) -> Any:
        """A control call that must succeed."""
        answer = self.http.request(method, f"{self.url}/control/{path}", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def firm(self, **spec: Any) -> dict[str, Any]:
        """One more organization with its id and both keys; give firms of one test a `network` of their own."""
        return dict(self.control("POST", "organizations", **spec))

    def switch(self, **values: Any) -> None:
        """Turn switches, for all or for `organization`."""
        self.control("PATCH", "switches", **values)

    def advance(self, seconds: float) -> None:
        """Put the stand-in's clock ahead; looks and expiries that became due are done when this returns."""
        self.control("POST", "clock", advance=seconds)

    def stop(self, with_signal: int = signal.SIGTERM) -> None:
        """End the process and wait for it."""
        self.http.close()
        self.process.send_signal(with_signal)
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="session")
def running_exchange(tmp_path_factory: pytest.TempPathFactory) -> Generator[Exchange]:
    """One stand-in for all tests of a session, where the settings' LEXAMICA_BASE_URL points."""
    port = urlsplit(os.environ["LEXAMICA_BASE_URL"]).port or 0
    one = Exchange(tmp_path_factory.mktemp("exchange") / "store.sqlite3", port)
    yield one
    one.stop()


@pytest.fixture
def exchange(running_exchange: Exchange) -> Exchange:
    """The stand-in for Lexamica, as at its start and without a rate limit."""
    running_exchange.control("POST", "reset")
    running_exchange.switch(rate_limit="off")
    return running_exchange
