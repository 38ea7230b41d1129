"""Geometry of the small bar chart: figures in, positions out, so that templates only print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

WIDTH, HEIGHT, GAP = 600, 120, 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: its figures and the two stacked rectangles (positions as text, ready for SVG attributes)."""

    day: date
    ok: int
    failed: int
    x: str
    width: str
    ok_y: str
    ok_height: str
    failed_y: str
    failed_height: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All bars and their sums."""

    bars: list[Bar]
    ok: int
    failed: int
    top: int
    width: int = WIDTH
    height: int = HEIGHT


def bar_chart(days: Sequence[Mapping[str, Any]]) -> Chart:
    """Take days with date, ok and failed, oldest first; return bars that fill the width, failed on top of ok."""
    top = max((day["ok"] + day["failed"] for day in days), default=0)
    slot = WIDTH / max(1, len(days))
    bars = []
    for place, day in enumerate(days):
        # A single failure stays visible beside thousands of successes: no drawn part is lower than 3.
        ok, failed = (max(3.0, HEIGHT * day[key] / top) if day[key] else 0.0 for key in ("ok", "failed"))
        ok = min(ok, HEIGHT - failed)
        bars.append(
            Bar(
                day=day["date"],
                ok=day["ok"],
                failed=day["failed"],
                x=f"{place * slot + GAP / 2:.1f}",
                width=f"{slot - GAP:.1f}",
                ok_y=f"{HEIGHT - ok:.1f}",
                ok_height=f"{ok:.1f}",
                failed_y=f"{HEIGHT - ok - failed:.1f}",
                failed_height=f"{failed:.1f}",
            )
        )
    return Chart(bars=bars, ok=sum(bar.ok for bar in bars), failed=sum(bar.failed for bar in bars), top=top)
