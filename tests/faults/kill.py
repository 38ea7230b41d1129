"""Checkpoint observer: SIGKILLs its own process, or its whole group, at a point for which the plan folder holds a file.

The file's text says which: `group`, or nothing.
"""

import os
import signal
from pathlib import Path


def observe(point: str) -> None:
    """End this process, without any clean-up, when `point` is planned; the file is taken so that it happens once."""
    folder = os.environ.get("CASEHUG_KILL_PLAN")
    if not folder:
        return
    plan = Path(folder, point)
    try:
        group = plan.read_text() == "group"
        plan.unlink()
    except FileNotFoundError:
        return
    os.kill(0 if group else os.getpid(), signal.SIGKILL)
