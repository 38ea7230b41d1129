"""Starting and ending child processes so that none of them outlives its parent."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from casehug.local.accounts import Account

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
# Where the kernel has no parent-death signal, a watcher hears of each child through this hook (see watcher.py).
announce: Callable[[int, int], None] | None = None


def _die_with(parent: int, death_signal: int) -> Callable[[], None]:
    def in_child() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died before the signal was armed
            os._exit(1)

    return in_child


def spawn(
    argv: list[str],
    *,
    env: dict[str, str],
    log: Path,
    cwd: Path | str = "/",
    account: Account | None = None,
    stdin: bytes | None = None,
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in its own process group, output appended to `log`; it gets `death_signal` when we die.

    Call it from the main thread only: the kernel sends the signal when the forking thread ends. The account change
    clears the signal, and Popen runs `preexec_fn` after that change.
    """
    identity = {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}
    with log.open("ab") as output:
        log.chmod(0o600)
        child: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
            argv,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=_die_with(os.getpid(), death_signal),
            **identity,
        )
    if announce is not None:
        announce(child.pid, death_signal)
    if stdin is not None and child.stdin is not None:
        child.stdin.write(stdin)
        child.stdin.close()
    return child


def send(child: subprocess.Popen[bytes], number: int) -> None:
    """Signal a child; one that has ended already is no error."""
    if child.poll() is None:
        child.send_signal(number)


def wait_all(children: Iterable[subprocess.Popen[bytes]], seconds: float) -> list[subprocess.Popen[bytes]]:
    """Wait until all children ended or the time is up; return those still running."""
    deadline = time.monotonic() + seconds
    running = [child for child in children if child.poll() is None]
    while running and time.monotonic() < deadline:
        time.sleep(0.02)
        running = [child for child in running if child.poll() is None]
    return running


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kill a child and whatever it forked, and reap it."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    child.wait()


def end(child: subprocess.Popen[bytes], *, first: int = signal.SIGTERM, seconds: float = 5) -> None:
    """Ask a child to end, then kill its group when it does not within `seconds`."""
    send(child, first)
    if wait_all([child], seconds):
        kill_group(child)
    child.wait()


def tail(log: Path, *, lines: int = 15, since: int = 0) -> str:
    """Return the last lines of a log, looking only behind byte `since`."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(since, log.stat().st_size - 20_000))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def size(log: Path) -> int:
    """Return the size of a log in bytes, 0 when it is not there."""
    return log.stat().st_size if log.exists() else 0


def start_time(pid: int) -> str:
    """Return what tells this process from a later one with the same number, or '' when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return "" if fields[0] in "ZX" else fields[19]
    except (OSError, IndexError):
        pass
    if sys.platform == "linux":
        return ""
    found = subprocess.run(["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def command_line(pid: int) -> str:
    """Return the command line of a process, '' when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        if sys.platform == "linux":
            return ""
    found = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()
