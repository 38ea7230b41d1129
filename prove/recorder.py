"""Notes what every test of a run did, one JSON line each; `prove` loads it into pytest with `-p prove.recorder`.

A test says how much it tried with pytest's own `record_property`: `trials`, `seed`, `measured` (a sentence).
"""

import json
import os

import pytest

_worst: dict[str, str] = {}
_seconds: dict[str, float] = {}


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the worst outcome of a test's three phases; write the line after the last."""
    node = report.nodeid
    _seconds[node] = _seconds.get(node, 0.0) + report.duration
    if report.outcome == "failed" or (report.outcome == "skipped" and node not in _worst):
        _worst[node] = report.outcome
    if report.when == "call" and report.outcome == "passed":
        _worst.setdefault(node, "passed")
    if report.when != "teardown" and report.outcome == "skipped":
        _note(node, report, reason=str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr))
    elif report.when == "teardown" and _worst.get(node) != "skipped":
        _note(node, report)


def _note(node: str, report: pytest.TestReport, *, reason: str = "") -> None:
    line = {
        "node": node, "outcome": _worst.get(node, report.outcome), "seconds": round(_seconds[node], 2),
        "reason": reason.removeprefix("Skipped: "), "said": [list(pair) for pair in report.user_properties],
    }  # fmt: skip
    with open(os.environ["CASEHUG_PROOF_RECORD"], "a", encoding="utf-8") as out:
        out.write(json.dumps(line, default=str) + "\n")
