"""The product as real processes on the test database: worker, relay, web and the Lawmatics stand-in."""

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from harness.parts import Parts


class Stack(Parts):
    """Running processes; `base_url` and `standin_url` are those in the settings of the tests themselves."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            folder, base_url=os.environ["CASEHUG_BASE_URL"], standin_url=os.environ["CASEHUG_STANDIN_URL"]
        )
        self.receiver_port = int(os.environ["CASEHUG_OUTBOUND_LOCAL"].rsplit(":", 1)[-1])

    def start(self) -> None:
        """Start all four and wait until web and stand-in answer."""
        self.start_standin()
        self.start_web()
        self.start_relay()
        self.restart_worker()
        self.await_answer("standin", f"{self.standin_url}/healthz")
        self.await_answer("web", f"{self.base_url}/readyz")

    def stop(self) -> None:
        """End everything."""
        wake_only_for(True)
        super().stop()


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
