"""`manage.py up` and `down`: one run per state folder."""

import argparse
import os
import signal
import sys
import time

from casehug.local import processes, summary
from casehug.local.errors import LocalError
from casehug.local.state import StateFolder, read_json, state_path
from casehug.local.supervisor import Supervisor

LOOPBACK_NAMES = ("127.0.0.1", "localhost")


def run(options: argparse.Namespace) -> int:
    """Start, stay, stop; return the exit status."""
    if options.host not in LOOPBACK_NAMES:
        raise LocalError("A local run binds to loopback only: its demo logins must not be reachable from elsewhere.")
    state = StateFolder(state_path(options.state_dir)).create()
    if not state.try_lock():
        return already_running(state, reset=options.reset)
    if options.reset:
        if not (options.yes or confirmed(state)):
            return 1
        state.erase()
    return Supervisor(state, options).run()


def confirmed(state: StateFolder) -> bool:
    """Ask a person before everything is deleted; a script has said it with the option."""
    if not sys.stdin.isatty():
        return True
    return input(f"Delete all data in {state.root}? Type yes: ").strip().lower() == "yes"


def already_running(state: StateFolder, *, reset: bool = False) -> int:
    """Say where the first run is; waits a moment for one that is just starting."""
    if reset:
        raise LocalError(f"It is running in {state.root}: stop it first (`python3 manage.py down`).")
    deadline = time.monotonic() + 20
    while not state.summary.exists() and time.monotonic() < deadline and state.is_running():
        time.sleep(0.1)
    content = read_json(state.summary)
    if not content:
        print(f"Another `up` is starting in {state.root}.")
        return 0
    print(f"Already running (process {content['pids']['supervisor']}).")
    print(summary.text(content))
    return 0


def stop_running(state: StateFolder) -> int:
    """Ask the running `up` to stop and wait for it."""
    if not state.is_running():
        print(f"Nothing is running in {state.root}.")
        return 0
    noted = read_json(state.run_file).get("processes", {}).get("supervisor", {})
    pid = int(noted.get("pid", 0))
    if not pid or processes.start_time(pid) != noted.get("started"):
        raise LocalError(f"Something holds {state.root}, but its process is not known; try again in a moment.")
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 20
    while state.is_running():
        if time.monotonic() > deadline:
            raise LocalError(f"Process {pid} does not stop.")
        time.sleep(0.1)
    print("Stopped.")
    return 0
