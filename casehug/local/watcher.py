"""Ends the children of a supervisor that died, where the kernel has no parent-death signal (macOS).

Started with a pipe as standard input. Each line is `pid signal`; a closed pipe without `done` means the supervisor
is gone.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from casehug.local import processes


def needed() -> bool:
    """Whether this system needs the watcher."""
    return sys.platform != "linux"


def start() -> subprocess.Popen[str]:
    """Start the watcher and let it hear of every child from now on."""
    watcher = subprocess.Popen(
        [sys.executable, "-m", "casehug.local.watcher"],
        stdin=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        process_group=0,
    )

    def announce(pid: int, number: int) -> None:
        if watcher.stdin is not None:
            watcher.stdin.write(f"{pid} {int(number)}\n")
            watcher.stdin.flush()

    processes.announce = announce
    return watcher


def release(watcher: subprocess.Popen[str]) -> None:
    """Tell the watcher that all children have been ended in order."""
    processes.announce = None
    if watcher.stdin is not None:
        watcher.stdin.write("done\n")
        watcher.stdin.close()
    watcher.wait(timeout=5)


def watch(lines: Iterable[str]) -> None:
    """Collect the children until the pipe closes, then signal those that are still there."""
    children: dict[int, int] = {}
    for line in lines:
        if line.strip() == "done":
            return
        first, second = line.split()
        children[int(first)] = int(second)
    for pid, number in children.items():
        try:
            # A fast database shutdown is addressed to its first process alone, a kill to the whole group.
            (os.killpg if number == signal.SIGKILL else os.kill)(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch(sys.stdin)
