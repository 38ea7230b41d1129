"""Starts the stand-in for Lawmatics as its own process and talks to it over real HTTP."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]


class Standin:
    """One running stand-in: its process, address, and an authorised session."""

    def __init__(self, store: Path, port: int = 0, **env: str) -> None:
        self.store = store
        # The stand-in must find its way whatever settings module the product's tests use.
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "LAWMATICS_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.lawmatics", "--port", str(port), "--store", str(store)],
            cwd=ROOT, env=clean | env, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found, f"the stand-in did not start: {line!r}"
        self.port = int(found[1])
        self.url = found[0]
        self.http = requests.Session()
        self.http.trust_env = False

    def control(self, method: str, path: str, /, **body: Any) -> Any:
        """A control call that must succeed."""
        answer = requests.request(method, f"{self.url}/control/{path}", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def connect(self, account: int = 8101) -> None:
        """Take a token straight from the control route."""
        token = self.control("POST", f"accounts/{account}/token")["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """An API call with the session's token."""
        return self.http.request(method, f"{self.url}/v1/{path}", timeout=30, **kwargs)

    def post(self, path: str, /, **body: Any) -> dict[str, Any]:
        """A create that must answer 201; returns `data`."""
        answer = self.call("POST", path, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["data"])

    def switch(self, **values: Any) -> None:
        """Turn switches."""
        self.control("PATCH", "switches", **values)

    def stop(self, with_signal: int = signal.SIGTERM) -> None:
        """End the process and wait for it."""
        self.http.close()
        self.process.send_signal(with_signal)
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standin]:
    """One stand-in for all tests of a session."""
    standin = Standin(tmp_path_factory.mktemp("standin") / "store.sqlite3")
    yield standin
    standin.stop()


@pytest.fixture
def standin(running: Standin) -> Standin:
    """The stand-in, empty, without a rate limit, with a fresh token."""
    running.control("POST", "reset")
    running.switch(rate_limit="off")
    running.connect()
    return running


def until(check: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Wait for a truthy result."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")
