"""What a measurement hands back, and the numbers made of samples."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Result:
    """One measurement. `counters` must all be 0, or the run fails; `rows` are the lines of its table.

    `targets` are the lines of the overview: what was promised, what was measured, met or missed.
    """

    name: str
    title: str
    how: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    targets: list[list[str]] = field(default_factory=list)

    def aim(
        self, what: str, value: float, target: float, *, unit: str = "", least: bool = False, digits: int = 2
    ) -> str:
        """Note a target and whether the value reaches it (at most, or at least); return the verdict."""
        reached = value >= target if least else value <= target
        verdict = "met" if reached else "MISSED"
        shown = f"{value:,.{digits}f}{unit}"
        self.targets.append([what, f"{'≥' if least else '≤'} {target:g}{unit}", shown, verdict])
        return verdict

    def as_json(self) -> dict[str, Any]:
        """Return everything, to be kept."""
        return asdict(self)


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the smallest sample that at least `share` of all do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the least-squares line, 0 for a single point."""
    mean_x, mean_y = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def fairness(shares: Sequence[float]) -> float:
    """Return Jain's index of several shares: 1 when all are equal, 1/n when one has everything."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 0.0


def met(value: float, target: float) -> str:
    """Return whether a value stays within its target, in words for a table."""
    return "met" if value <= target else "MISSED"
