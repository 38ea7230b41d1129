"""When the next attempt is due: ten attempts over three days, spread, and what a receiver asks for."""

import random

SECOND, MINUTE, HOUR = 1, 60, 3600
LADDER = (
    0, 5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
)  # fmt: skip
SPREAD = 0.2


def delay_after(tries: int, *, retry_after: int | None = None) -> float | None:
    """Return the seconds until the next attempt after `tries` failed ones, None when there is none any more.

    The step is spread by ±20 %; a receiver's `Retry-After` (at most a day) is never undercut.
    """
    if tries >= len(LADDER):
        return None
    step = LADDER[tries] * random.uniform(1 - SPREAD, 1 + SPREAD)  # nosec B311  # spread, nothing secret
    return max(step, float(retry_after or 0))
