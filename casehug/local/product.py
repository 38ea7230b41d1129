"""The processes of the product: how each is started and how to see that it is ready."""

import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from casehug.local.errors import LocalError

# Every queue of the product, and the canary of the only worker node of a local run.
QUEUES = "sync,inbound,outbound,maintenance,canary.local"
# No proxies: everything asked here is on loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def web_command(port: int) -> list[str]:
    """Return the command line of the web server on loopback."""
    return [
        sys.executable, "-m", "gunicorn", "casehug.wsgi:application", "--bind", f"127.0.0.1:{port}",
        "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "4", "--preload",
        "--no-control-socket",
    ]  # fmt: skip


def worker_command() -> list[str]:
    """Return the command line of the one Celery worker."""
    return [
        sys.executable, "-m", "celery", "-A", "casehug.celery", "worker", "--pool", "threads", "--concurrency", "8",
        "-Q", QUEUES, "--hostname", "local@%h", "--loglevel", "INFO", "--without-gossip", "--without-mingle",
    ]  # fmt: skip


def beat_command(folder: Path) -> list[str]:
    """Return the command line of beat; it keeps its schedule file in `folder`."""
    return [
        sys.executable, "-m", "celery", "-A", "casehug.celery", "beat", "--schedule", str(folder / "beat"),
        "--pidfile", "", "--loglevel", "INFO",
    ]  # fmt: skip


def relay_command() -> list[str]:
    """Return the command line of the relay."""
    return [sys.executable, "manage.py", "relay"]


def standin_command(port: int, store: Path) -> list[str]:
    """Return the command line of the Lawmatics stand-in; `store` is its own database file."""
    return [
        sys.executable, "-m", "sandbox.lawmatics", "--host", "127.0.0.1", "--port", str(port), "--store", str(store),
    ]  # fmt: skip


def lexamica_command(port: int, store: Path) -> list[str]:
    """Return the command line of the Lexamica stand-in; `store` is its own database file."""
    return [
        sys.executable, "-m", "sandbox.lexamica", "--host", "127.0.0.1", "--port", str(port), "--store", str(store),
    ]  # fmt: skip


def answers(url: str) -> bool:
    """Whether a GET of this loopback address answers 200."""
    try:
        with _OPENER.open(url, timeout=5) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def wait_until_answers(url: str, *, seconds: float, check: Callable[[], None] = lambda: None) -> None:
    """Return at the first 200. `check` is called in between and raises when waiting has become pointless."""
    deadline = time.monotonic() + seconds
    while not answers(url):
        check()
        if time.monotonic() > deadline:
            raise LocalError(f"{url} did not answer within {seconds:.0f} seconds.")
        time.sleep(0.05)
