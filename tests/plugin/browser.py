"""Finds a Chromium for the browser stories; without one they are skipped visibly, or fail with --require-browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The first is the same browser without a window's parts: a third less work for the processor.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
REASON = "no Chromium found; install your system's chromium package or set CHROMIUM"


ARGUMENTS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def find_chromium() -> str | None:
    """Return the path of a Chromium: CHROMIUM, PATH, the macOS application, Playwright's own store."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return shutil.which(chosen)
    for name in PROGRAMS:
        found = shutil.which(name)
        if found:
            return found
    if MAC.exists():
        return str(MAC)
    chosen_store = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    for store in filter(None, (chosen_store, "~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")):
        for pattern in ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*"):
            for path in sorted(Path(store).expanduser().glob(pattern), reverse=True):
                return str(path)
    return None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --require-browser."""
    parser.addoption("--require-browser", action="store_true", help="a missing Chromium fails the browser tests")


@pytest.fixture(scope="session")
def chromium_path(request: pytest.FixtureRequest) -> str:
    """Return the path of a Chromium, or skip (with --require-browser: fail) the test that needs one."""
    found = find_chromium()
    if found is None:
        if request.config.getoption("--require-browser"):
            pytest.fail(REASON)
        pytest.skip(REASON)
    return found


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> "Iterator[Browser]":
    """One browser for all stories of the session (two of Playwright's loops in one thread refuse each other)."""
    from playwright.sync_api import sync_playwright

    # Its event loop makes Django refuse the ORM in this thread; lifted only while the browser lives.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    arguments = ARGUMENTS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
            yield browser
            browser.close()
    finally:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the browser tests that could not run."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if REASON in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"browser tests: {len(skipped)} skipped, {REASON}", yellow=True)
