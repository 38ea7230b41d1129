"""Start the stand-in: `python -m sandbox.lexamica --port 9200 --store FILE.sqlite3`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

MAX_BODY = 64 * 1024 * 1024


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.lexamica", description="A stand-in for Lexamica.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9200, help="0 takes a free one and prints it")
    parser.add_argument("--store", default="lexamica-standin.sqlite3", help="SQLite file that keeps everything")
    parser.add_argument("--public-url", default="", help="address people use, if it differs")
    parser.add_argument("--keep-alive", type=float, default=75.0, help="idle seconds of a connection")
    parser.add_argument("--speed", type=float, default=0, help="lives and pauses run this many times faster")
    return parser.parse_args()


def refuse_production() -> None:
    """A stand-in beside real data would be a trap."""
    module = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    if os.environ.get("CASEHUG_ENV", "").lower() == "production" or module.endswith(".production"):
        sys.exit("The stand-in for Lexamica does not run with production settings.")


def main() -> None:
    """Check, open the store, serve until SIGTERM or Ctrl-C."""
    refuse_production()
    given = options()
    os.environ["DJANGO_SETTINGS_MODULE"] = "sandbox.lexamica.settings"
    import django
    from django.core.handlers.wsgi import WSGIHandler

    django.setup()
    from sandbox.lexamica import seed, world
    from sandbox.lexamica.jobs import Worker
    from sandbox.server import StandInServer

    server = StandInServer((given.host, given.port), WSGIHandler(), keep_alive=given.keep_alive, max_body=MAX_BODY)
    url = given.public_url or f"http://{given.host}:{server.server_address[1]}"
    here = world.start(given.store, url.rstrip("/"))
    with here.store.transaction():
        seed.seed(here)
        if given.speed:
            here.switches.set({"speed": given.speed})
    Worker(here).start()

    def stop(signum: int, frame: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Stand-in for Lexamica at {url}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    # Held requests and running deliveries would keep the process for seconds; what is committed is safe in the store.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
