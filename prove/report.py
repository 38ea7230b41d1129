"""Keeps verdicts as JSON, one file a check, and writes the page made of all that are kept."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prove.check import Check
from prove.run import FORMS, Verdict

HEAD = """# Proofs

Written by `python3 manage.py prove`; the raw results are the JSON files of this folder, the latest of each form.
Effects are counted outside of the code under test: in the stand-in's ledger, at a listener, in the database itself.
What the figures mean together, and what cannot be promised, is on [How far can you trust it](../trust.md).

    python3 manage.py prove                       # all checks, quick form
    python3 manage.py prove --long kill-matrix    # one, with the large numbers
    python3 manage.py prove --sabotage            # every protection removed once: each check must turn red
    python3 manage.py prove --list

*n* is the number of independent trials; where a check counts none, it is the number of test cases of a fixed list, for
which no bound is given. *Bound*: with 0 failures in n trials, the true rate is below 3/n with 95 % confidence.
"""


def file_of(check: Check, folder: Path) -> Path:
    """Return where a check's results are kept."""
    return folder / f"{check.number:02}-{check.name}.json"


def keep(check: Check, verdict: Verdict, folder: Path) -> None:
    """Keep one verdict beside the latest ones of the other forms."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = kept_of(check, folder) | {verdict.form: verdict.as_json()}
    file_of(check, folder).write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")


def kept_of(check: Check, folder: Path) -> dict[str, Any]:
    """Return what is kept of a check, by form."""
    path = file_of(check, folder)
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def bound(found: dict[str, Any]) -> str:
    """Return the rule of three, where trials were counted and none failed."""
    says_something = found["trials"] > 3 and found["holds"]
    return f"< {300 / found['trials']:.2g} %" if says_something else "–"


def result(found: dict[str, Any], form: str) -> str:
    """Return the result in a word or two."""
    if not found["cases"]:
        return "not run: " + "; ".join(found["skipped"] or found["failed"])
    good = "turns red" if form == "sabotage" else "holds"
    told = good if found["holds"] else ("STAYED GREEN" if form == "sabotage" else "BREACH")
    return told + (f", {len(found['skipped'])} skipped" if found["skipped"] else "")


def write_page(checks: Sequence[Check], folder: Path) -> None:
    """Write the page over everything that is kept."""
    table = ["| # | Check | Form | n | Failures | Bound | Result | Seconds |", "| --- " * 8 + "|"]
    for check in checks:
        for form, found in _forms(check, folder):
            n = f"{found['trials'] or found['cases']:,}"
            table.append(
                f"| {check.number} | {check.name} | {form} | {n} | {len(found['failed'])} | {bound(found)} |"
                f" {result(found, form)} | {found['seconds']:.0f} |"
            )
    sections = [section(check, folder) for check in checks]
    (folder / "README.md").write_text("\n".join([HEAD, *table, "", *sections]), "utf-8")


def _forms(check: Check, folder: Path) -> list[tuple[str, dict[str, Any]]]:
    kept = kept_of(check, folder)
    return [(form, kept[form]) for form in FORMS if form in kept]


def section(check: Check, folder: Path) -> str:
    """Return what was done for one check, and what came out."""
    lines = [f"## {check.title}", "", check.what, "", f"Quick: {check.quick}. Long: {check.long}."]
    lines += [f"Sabotage: {check.removed}."] + ([f"**Not covered:** {check.short}."] if check.short else [])
    for form, found in _forms(check, folder):
        about = found["about"]
        seeds = f" Seeds: {', '.join(map(str, found['seeds']))}." if found["seeds"] else ""
        lines += ["", f"*{form.capitalize()}*, {', '.join(about.values())}: {result(found, form)}.{seeds}"]
        lines += [f"- {one}" for one in found["measured"]]
        lines += [f"- skipped: {one}" for one in found["skipped"]] + [f"- FAILED: {one}" for one in found["failed"]]
    return "\n".join([*lines, ""])
