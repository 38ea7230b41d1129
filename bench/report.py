"""Keep raw results as JSON, and write one readable page from all that are kept."""

import ast
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.result import Result

ORDER = (
    "calls", "overhead", "quota", "ingest", "storm", "latency", "busy", "firms", "log", "memory", "bulk",
    "cases", "startup", "pages",
)  # fmt: skip
HEAD = """# Measurements

Written by `python3 manage.py bench`; the raw numbers of each table are in `docs/measurements/`. The command starts its
own stack (PostgreSQL with durable settings, Valkey, one worker with 8 threads, the relay, the stand-in of the provider)
in a temporary folder, measures, counts the effects at the stand-in and ends with an error when a counter is not zero.

Read the ratios, not the milliseconds: everything runs on one machine, so the product, its database and the stand-in
share the same cores. Where two things are compared they take turns in the same run.

    python3 manage.py bench --list               # what there is
    python3 manage.py bench                      # all, about an hour and a half
    python3 manage.py bench calls latency        # some
    python3 manage.py bench --quick              # small; shown only, nothing is written
"""


def contents() -> list[tuple[str, str]]:
    """Return each measurement's name and the first line of its docstring, without importing it."""
    folder = Path(__file__).parent
    texts = [ast.get_docstring(ast.parse((folder / f"{name}.py").read_text("utf-8"))) or "" for name in ORDER]
    return [(name, text.splitlines()[0]) for name, text in zip(ORDER, texts, strict=True)]


def keep(results: Iterable[Result], folder: Path) -> None:
    """Write the raw results of this run and the page of everything kept so far."""
    raw = folder / "measurements"
    raw.mkdir(parents=True, exist_ok=True)
    for result in results:
        text = json.dumps(result.as_json(), ensure_ascii=False, indent=1)
        (raw / f"{result.name}.json").write_text(text + "\n", "utf-8")
    kept = [json.loads(path.read_text("utf-8")) for name in ORDER if (path := raw / f"{name}.json").exists()]
    reasons = raw / "reasons.json"  # written by hand: why a target is missed
    why = json.loads(reasons.read_text("utf-8")) if reasons.exists() else {}
    remarks = raw / "remarks.md"  # written by hand: what the numbers mean and what falls short
    told = [remarks.read_text("utf-8")] if remarks.exists() else []
    page = [HEAD, overview(kept, why), *map(section, kept), *told]
    (folder / "measurements.md").write_text("\n".join(page).rstrip() + "\n", "utf-8")


def overview(kept: Iterable[dict[str, Any]], why: dict[str, str]) -> str:
    """Return the table of all targets: promised, measured, met or missed, and the reason."""
    lines = ["## Targets", "", "| what | target | measured | | reason, or condition |", f"|{' --- |' * 5}"]
    for result in kept:
        for what, target, measured, verdict in result.get("targets", ()):
            lines.append(f"| {what} | {target} | {measured} | {verdict} | {why.get(what, '')} |")
    return "\n".join([*lines, ""])


def section(result: dict[str, Any]) -> str:
    """Return one measurement as Markdown."""
    about = result["about"]
    counters = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in result["counters"].items())
    table = [result["columns"], ["---"] * len(result["columns"]), *result["rows"]]
    lines = [f"## {result['title']}", "", result["how"], ""]
    lines += [f"| {' | '.join(row)} |" for row in table]
    lines += ["", *(f"{note}\n" for note in result["notes"])]
    lines += [f"Correctness counters (all must be 0): {counters}.", ""]
    lines += [f"Measured {', '.join(f'{value}' for value in about.values())}.", ""]
    return "\n".join(lines)
