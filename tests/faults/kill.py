"""Checkpoint observer: SIGKILLs its own process at a point for which the plan folder holds a file."""

import os
import signal


def observe(point: str) -> None:
    """End this process, without any clean-up, when `point` is planned; the file is taken so that it happens once."""
    folder = os.environ.get("CASEHUG_KILL_PLAN")
    if not folder:
        return
    try:
        os.unlink(os.path.join(folder, point))
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
