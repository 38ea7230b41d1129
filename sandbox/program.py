"""How a stand-in starts and ends: its command line, the refusal beside real data, serving until it is told to stop."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable

from sandbox.server import MAX_BODY

Prepare = Callable[[argparse.Namespace, str], None]


def options(name: str, port: int) -> argparse.ArgumentParser:
    """Return the command line that all stand-ins share."""
    key = name.lower()
    parser = argparse.ArgumentParser(prog=f"python -m sandbox.{key}", description=f"A stand-in for {name}.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=port, help="0 takes a free one and prints it")
    parser.add_argument("--store", default=f"{key}-standin.sqlite3", help="SQLite file that keeps everything")
    parser.add_argument("--public-url", default="", help="address people use, if it differs")
    parser.add_argument("--keep-alive", type=float, default=75.0, help="idle seconds of a connection")
    return parser


def refuse_production(name: str) -> None:
    """End the program with production settings: a stand-in beside real data would be a trap."""
    module = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    if os.environ.get("CASEHUG_ENV", "").lower() == "production" or module.endswith(".production"):
        sys.exit(f"The stand-in for {name} does not run with production settings.")


def run(name: str, parser: argparse.ArgumentParser, prepare: Prepare, *, max_body: int = MAX_BODY) -> None:
    """Serve until SIGTERM or Ctrl-C. `prepare` opens the store, given the options and the public address."""
    refuse_production(name)
    given = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = f"sandbox.{name.lower()}.settings"
    import django
    from django.core.handlers.wsgi import WSGIHandler

    from sandbox.server import StandInServer

    django.setup()
    server = StandInServer((given.host, given.port), WSGIHandler(), keep_alive=given.keep_alive, max_body=max_body)
    url = given.public_url or f"http://{given.host}:{server.server_address[1]}"
    prepare(given, url.rstrip("/"))

    def stop(signum: int, frame: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Stand-in for {name} at {url}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    # Held requests and running deliveries would keep the process for seconds; what is committed is safe in the store.
    sys.stdout.flush()
    os._exit(0)
