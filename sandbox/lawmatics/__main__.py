"""Start the stand-in: `python -m sandbox.lawmatics --port 9100 --store FILE.sqlite3`."""

from __future__ import annotations

import argparse

from sandbox.program import options, run


def prepare(given: argparse.Namespace, url: str) -> None:
    """Open the store, make the firms there, deliver what waits."""
    from sandbox.lawmatics import seed, world
    from sandbox.lawmatics.events.courier import Courier

    here = world.start(given.store, url)
    with here.store.transaction():
        seed.seed(here)
    Courier(here).start()


if __name__ == "__main__":
    run("Lawmatics", options("Lawmatics", 9100), prepare)
