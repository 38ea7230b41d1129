"""Loads the demo firm once per database and remembers its logins for the summary."""

import json
import signal
import subprocess
import sys
import time
from typing import Any

from casehug.local import processes
from casehug.local.environment import process_environment
from casehug.local.errors import LocalError
from casehug.local.state import PROJECT, StateFolder, read_json, write_private

SECONDS = 120


def remembered(state: StateFolder, *, fingerprint: str, base_url: str) -> dict[str, Any] | None:
    """Return the demo's logins if they were loaded into this database, with links of the present address."""
    found = read_json(state.root / "demo.json")
    if found.get("fingerprint") != fingerprint:
        return None
    demo: dict[str, Any] = found["demo"]
    if demo.get("portal_url"):
        demo["portal_url"] = str(demo["portal_url"]).replace(str(found["base_url"]), base_url)
    return demo


def start(state: StateFolder, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start loading; `finish` must follow."""
    output = state.root / "demo-output"
    output.unlink(missing_ok=True)
    command = [sys.executable, "manage.py", "load_demo", "--json"]
    return processes.spawn(
        command, env=process_environment(variables), log=output, cwd=PROJECT, death_signal=signal.SIGKILL
    )


def finish(state: StateFolder, child: subprocess.Popen[bytes], *, fingerprint: str, base_url: str) -> dict[str, Any]:
    """Wait for the loader and return what it printed: users, api_key, portal_url."""
    output = state.root / "demo-output"
    deadline = time.monotonic() + SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    lines = [line for line in output.read_text("utf-8", "replace").splitlines() if line.startswith("{")]
    if child.poll() != 0 or not lines:
        raise LocalError(f"The demo firm could not be loaded:\n{processes.tail(output)}")
    output.unlink()  # it holds passwords
    demo: dict[str, Any] = json.loads(lines[-1])
    noted = {"fingerprint": fingerprint, "base_url": base_url, "demo": demo}
    write_private(state.root / "demo.json", json.dumps(noted))
    return demo
