"""Finds Node.js and the packages of the Zapier app; without them its tests are skipped visibly and counted."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from casehug.local.state import PROJECT

APP = PROJECT / "zapier"
LOWEST = (20, 10)  # of package.json; the platform's command itself asks for 22
COMMAND_LOWEST = (22, 0)
REASON = "Zapier app: Node.js 20.10 with npm, or the app's packages, are missing (`npm ci` in zapier/)"
COMMAND_REASON = "Zapier app: the platform's command needs Node.js 22 and the packages for development"


@dataclass(frozen=True)
class Node:
    """What runs the app: `path` is where programs are looked for."""

    path: str
    version: tuple[int, int]

    def run(self, *command: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a command in the app's folder with every network but loopback closed; attempts fail the test."""
        log = folder / "attempts"
        environment = {
            "PATH": self.path, "HOME": str(folder), "CI": "1", "NO_COLOR": "1", "NO_UPDATE_NOTIFIER": "1",
            "NODE_OPTIONS": f"--require={APP / 'test' / 'closed.js'}", "CLOSED_LOG": str(log), **variables,
        }  # fmt: skip
        done = subprocess.run(
            command, cwd=APP, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        attempts = log.read_text("utf-8") if log.exists() else ""
        assert attempts == "", f"reached out to: {attempts}"
        return done


def find_node() -> Node | None:
    """Return the Node.js that npm's commands in the app's folder use, None when something is missing."""
    path = f"{APP / 'node_modules' / '.bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if not (node and npm and (APP / "node_modules" / "zapier-platform-core").is_dir()):
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    return Node(path, version) if version >= LOWEST else None


@pytest.fixture(scope="session")
def node() -> Node:
    """Return Node.js with the app's packages, or skip the test that needs them."""
    found = find_node()
    if found is None:
        pytest.skip(REASON)
    return found


@pytest.fixture(scope="session")
def platform_command(node: Node) -> Node:
    """Return Node.js with the platform's command, or skip."""
    if node.version < COMMAND_LOWEST or not (APP / "node_modules" / ".bin" / "zapier-platform").exists():
        pytest.skip(COMMAND_REASON)
    return node


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the tests of the Zapier app that could not run."""
    for reason in (REASON, COMMAND_REASON):
        count = sum(reason in str(report.longrepr) for report in terminalreporter.stats.get("skipped", []))
        if count:
            terminalreporter.write_line(f"Zapier tests: {count} skipped, {reason}", yellow=True)
