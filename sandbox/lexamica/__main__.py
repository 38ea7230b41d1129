"""Start the stand-in: `python -m sandbox.lexamica --port 9200 --store FILE.sqlite3`."""

from __future__ import annotations

import argparse

from sandbox.program import options, run

MAX_BODY = 64 * 1024 * 1024


def prepare(given: argparse.Namespace, url: str) -> None:
    """Open the store, make the firms there, do what is due."""
    from sandbox.lexamica import seed, world
    from sandbox.lexamica.jobs import Worker

    here = world.start(given.store, url)
    with here.store.transaction():
        seed.seed(here)
        if given.speed:
            here.switches.set({"speed": given.speed})
    Worker(here).start()


if __name__ == "__main__":
    parser = options("Lexamica", 9200)
    parser.add_argument("--speed", type=float, default=0, help="lives and pauses run this many times faster")
    run("Lexamica", parser, prepare, max_body=MAX_BODY)
