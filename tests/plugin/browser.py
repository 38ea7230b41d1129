"""Finds a Chromium for the browser stories; without one they are skipped visibly, or fail with --require-browser."""

import os
import shutil
from pathlib import Path

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
REASON = "no Chromium found; install your system's chromium package or set CHROMIUM"


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the browser tests that could not run."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if REASON in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"browser tests: {len(skipped)} skipped, {REASON}", yellow=True)
