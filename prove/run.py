"""Runs the tests of checks in a pytest of their own, and judges what the recorder noted."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from casehug.local.state import PROJECT
from harness import machine
from prove.check import Check

FORMS = ("quick", "long", "sabotage")


@dataclass
class Verdict:
    """What became of one check in one form. `trials` is 0 when the tests counted nothing but themselves."""

    number: int
    form: str
    cases: int = 0
    trials: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    measured: list[str] = field(default_factory=list)
    seconds: float = 0.0
    about: dict[str, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether something ran and nothing failed."""
        return not self.failed and self.cases > 0

    def as_json(self) -> dict[str, Any]:
        """Return everything, to be kept."""
        return asdict(self) | {"holds": self.holds}


def nodes_of(check: Check, form: str) -> tuple[str, ...]:
    """Return the tests of a check in this form."""
    return check.sabotage if form == "sabotage" else check.tests


def judge(check: Check, form: str, lines: Sequence[dict[str, Any]]) -> Verdict:
    """Return what the noted lines mean for one check. A test that did not run at all is a failure."""
    found = Verdict(check.number, form)
    for node in nodes_of(check, form):
        mine = [line for line in lines if line["node"].partition("[")[0] == node]
        if not mine:
            found.failed.append(f"{node} did not run")
        for line in mine:
            _add(found, line)
    found.seeds = sorted(set(found.seeds))
    found.seconds = round(found.seconds, 1)
    return found


def _add(found: Verdict, line: dict[str, Any]) -> None:
    found.seconds += line["seconds"]
    if line["outcome"] == "skipped":
        found.skipped.append(f"{line['node'].rpartition('::')[2]}: {line['reason']}")
        return
    found.cases += 1
    if line["outcome"] != "passed":
        found.failed.append(line["node"])
    for name, value in line["said"]:
        if name == "trials":
            found.trials += int(value)
        elif name == "seed":
            found.seeds.append(int(value))
        elif name == "measured":
            found.measured.append(str(value))


def run(checks: Sequence[Check], form: str, *, seeds: int = 0) -> list[Verdict]:
    """Run the tests of these checks in one session and return a verdict for each."""
    nodes = list(dict.fromkeys(node for check in checks for node in nodes_of(check, form)))
    with tempfile.TemporaryDirectory(prefix="casehug-prove-") as folder:
        record = Path(folder) / "record.jsonl"
        variables = {
            "CASEHUG_PROOF": "long" if form == "long" else "quick", "CASEHUG_PROOF_SEEDS": str(seeds or ""),
            "CASEHUG_PROOF_RECORD": str(record),
        }  # fmt: skip
        before, load = time.strftime("%Y-%m-%d", time.gmtime()), machine.load()
        command = [sys.executable, "-m", "pytest", "-q", "-p", "prove.recorder", "--no-header", *nodes]
        subprocess.run(command, cwd=PROJECT, env=os.environ | variables, check=False)
        text = record.read_text("utf-8") if record.exists() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    verdicts = [judge(check, form, lines) for check in checks]
    for verdict in verdicts:
        verdict.about = {
            "date": before,
            **machine.described(),
            "load": f"load average {load:.1f} before, {machine.load():.1f} after",
        }
    return verdicts
