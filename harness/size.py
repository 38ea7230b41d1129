"""Quick or long: proofs read their numbers here. `prove` sets the two variables; the plain suite is the quick form."""

import os
import random

PROVING = "CASEHUG_PROOF" in os.environ
"""Whether `prove` runs: what takes long on real processes is skipped by name in the plain suite."""
LONG = os.environ.get("CASEHUG_PROOF") == "long"
SEEDS = int(os.environ.get("CASEHUG_PROOF_SEEDS") or 0)


def pick(quick: int, long: int) -> int:
    """Return the number for the form that runs."""
    return long if LONG else quick


def seeds(quick: tuple[int, ...], long: int) -> tuple[int, ...]:
    """Return the seeds to run: the suite's first, then drawn ones, `long` in all (or as many as were asked for)."""
    wanted = SEEDS or pick(len(quick), long)
    more = random.Random(20261121).sample(range(100, 100_000), max(0, wanted - len(quick)))
    return (*quick, *more)[:wanted]
