"""How a handler leaves its row: done, wait, retry, hold, dead or cancelled. Applied by `work.settle`."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Settlement:
    """How a handler leaves its row. Made by the functions below, applied by `settle`."""

    status: str
    after_seconds: float = 0.0
    counts_attempt: bool = False
    hold_reason: str = ""
    error_class: str = ""
    error_code: str = ""
    error_text: str = ""
    closes_lane: bool = False


def done() -> Settlement:
    """The work is finished and confirmed."""
    return Settlement("done")


def wait(
    *, seconds: float, error_class: str = "", error_code: str = "", error_text: str = "", closes_lane: bool = False
) -> Settlement:
    """Nothing failed: come back later (limit, yield to a higher lane, busy lock). Uses no attempt.

    `closes_lane`: the connection has no budget for this lane, so its other rows of the lane wait as well.
    """
    return Settlement("ready", seconds, False, "", error_class, error_code, error_text, closes_lane)


def retry(*, error_class: str, error_code: str, error_text: str, seconds: float | None = None) -> Settlement:
    """A transient failure: next attempt after `seconds`, or after back-off with full jitter."""
    return Settlement("ready", -1.0 if seconds is None else seconds, True, "", error_class, error_code, error_text)


def hold(*, reason: str, error_class: str = "", error_code: str = "", error_text: str = "") -> Settlement:
    """Something else must happen first (a reconnect, a check, a decision). Uses no attempt."""
    return Settlement("held", 0.0, False, reason, error_class, error_code, error_text)


def dead(*, error_class: str, error_code: str, error_text: str) -> Settlement:
    """Refused or given up; visible and retryable by a person."""
    return Settlement("dead", 0.0, True, "", error_class, error_code, error_text)


def cancelled(*, error_code: str, error_text: str) -> Settlement:
    """Left undone on purpose: what was asked for is not what stands here any more. A person may start it again."""
    return Settlement("cancelled", 0.0, False, "", "cancelled", error_code, error_text)


def backoff_seconds(attempts: int) -> float:
    """Full jitter: uniform in 0 … min(600, 2·2^attempts) seconds."""
    return random.uniform(0, min(600.0, 2.0 * 2**attempts))  # nosec B311  # spread, nothing secret
